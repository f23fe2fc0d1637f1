// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/name.hpp"

namespace voyager::postgres {

/// A row of pg_type, as far as it decides how values travel.
struct TypeFacts {
  std::uint32_t oid = 0;
  QualifiedName name;
  /// typtype: b base, c composite, d domain, e enum, r range, m multirange.
  char kind = 'b';
  std::uint32_t element = 0;     ///< of a true array, else 0
  std::uint32_t base = 0;        ///< of a domain, else 0
  bool has_binary_form = false;  ///< it has both a send and a receive function
};

using TypeMap = std::map<std::uint32_t, TypeFacts>;

/// The type that a domain stands for, through domains over domains; any other type is its own base.
const TypeFacts* base_type(const TypeMap& types, std::uint32_t oid);

/// Whether COPY BINARY of the type means the same on every server: built-in types only, because
/// arrays carry the OID of their element, and OIDs differ between servers for everything else.
/// server_version as PQserverVersion.
bool is_binary_safe(const TypeMap& types, std::uint32_t oid, int server_version);

}  // namespace voyager::postgres
