// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/column_types.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace voyager::postgres {
namespace {

/// OIDs below this are assigned by hand in the server's source and never change; those above it, up
/// to 16383, are given anew in each release. Source: src/include/access/transam.h,
/// FirstGenbkiObjectId.
constexpr std::uint32_t first_unstable_oid = 10000;

/// Built-in types whose binary form depends on the server: the fraction digits of money follow
/// lc_monetary, the others hold OIDs of objects or can't be received.
constexpr std::array<std::string_view, 8> unsafe_names{
    "money",     "oidvector",       "int2vector",   "aclitem",
    "gtsvector", "pg_dependencies", "pg_ndistinct", "pg_node_tree"};

bool is_unsafe_name(std::string_view name, int server_version) {
  // Infinity of interval (17) is an ordinary, huge interval to an older server's receive function.
  if (name == "interval") return server_version >= 170000;
  return name.starts_with("reg") || name.starts_with("pg_mcv") || name.starts_with("pg_brin") ||
         std::find(unsafe_names.begin(), unsafe_names.end(), name) != unsafe_names.end();
}

bool is_safe_scalar(const TypeFacts& type, int server_version) {
  const bool simple = type.kind == 'b' || type.kind == 'r' || type.kind == 'm';
  return simple && type.oid < first_unstable_oid && type.element == 0 && type.has_binary_form &&
         !is_unsafe_name(type.name.name, server_version);
}

const TypeFacts* find_type(const TypeMap& types, std::uint32_t oid) {
  const auto found = types.find(oid);
  return found == types.end() ? nullptr : &found->second;
}

}  // namespace

const TypeFacts* base_type(const TypeMap& types, std::uint32_t oid) {
  const TypeFacts* type = find_type(types, oid);
  while (type != nullptr && type->kind == 'd') type = find_type(types, type->base);
  return type;
}

bool is_binary_safe(const TypeMap& types, std::uint32_t oid, int server_version) {
  const TypeFacts* type = base_type(types, oid);
  if (type == nullptr) return false;
  if (type->element == 0) return is_safe_scalar(*type, server_version);
  const TypeFacts* element = find_type(types, type->element);
  return type->oid < first_unstable_oid && element != nullptr &&
         is_safe_scalar(*element, server_version);
}

}  // namespace voyager::postgres
