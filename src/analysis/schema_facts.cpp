// SPDX-License-Identifier: Apache-2.0
#include "analysis/schema_facts.hpp"

#include <algorithm>

namespace voyager::analysis {
namespace {

/// Deeper chains of domains, parents and partitions are cut off: they are cycles in broken input.
constexpr int most_levels = 32;

const std::map<std::string, std::string, std::less<>>& serial_types() {
  static const std::map<std::string, std::string, std::less<>> types{
      {"serial", "int4"},  {"serial4", "int4"},     {"bigserial", "int8"},
      {"serial8", "int8"}, {"smallserial", "int2"}, {"serial2", "int2"},
  };
  return types;
}

template <typename Map>
auto find_by_name(const Map& map, const QualifiedName& name) -> decltype(&map.begin()->second) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

}  // namespace

std::string TypeName::display() const {
  return (schema.empty() ? name : schema + "." + name) + (array ? "[]" : "");
}

TypeName type_name(const Json& type_name_node) {
  const std::vector<std::string> names = names_in(member(type_name_node, "names"));
  TypeName type;
  if (names.empty()) return type;
  type.name = names.back();
  if (names.size() > 1 && names[names.size() - 2] != "pg_catalog")
    type.schema = names[names.size() - 2];
  type.array = !member(type_name_node, "arrayBounds").empty();
  return type;
}

QualifiedName relation_name(const Json& range_var) {
  const std::string schema = text(range_var, "schemaname");
  return {schema.empty() ? "public" : schema, text(range_var, "relname")};
}

const Column* Table::own_column(std::string_view column_name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& c) { return c.name == column_name; });
  return found == columns.end() ? nullptr : &*found;
}

const Key* Table::primary_key() const {
  const auto found = std::find_if(keys.begin(), keys.end(), [](const Key& k) { return k.primary; });
  return found == keys.end() ? nullptr : &*found;
}

const Table* SchemaFacts::table(const QualifiedName& name) const {
  return find_by_name(tables_, name);
}

const Table* SchemaFacts::table(const Json& range_var) const {
  return table(relation_name(range_var));
}

const UserType* SchemaFacts::user_type(const TypeName& name) const {
  if (const auto* type =
          find_by_name(types_, {name.schema.empty() ? "public" : name.schema, name.name}))
    return type;
  if (!name.schema.empty()) return nullptr;
  const UserType* only = nullptr;
  for (const auto& [known, type] : types_) {
    if (known.name != name.name) continue;
    if (only != nullptr) return nullptr;
    only = &type;
  }
  return only;
}

bool SchemaFacts::is_view(const QualifiedName& name) const {
  return views_.contains(name);
}

ResolvedType SchemaFacts::resolve(const TypeName& name) const {
  ResolvedType resolved{name.name, name.array, nullptr};
  TypeName current = name;
  for (int level = 0; level < most_levels; ++level) {
    const UserType* type = user_type(current);
    if (type == nullptr) break;
    if (type->kind != UserTypeKind::domain) {
      resolved.user = type;
      break;
    }
    current = type->domain_of;
    resolved.name = current.name;
    resolved.array = resolved.array || current.array;
  }
  const auto serial = serial_types().find(resolved.name);
  if (resolved.user == nullptr && serial != serial_types().end()) resolved.name = serial->second;
  return resolved;
}

const Column* SchemaFacts::column_within(const QualifiedName& name, std::string_view column,
                                         int levels) const {
  const Table* found = table(name);
  if (found == nullptr || levels == 0) return nullptr;
  if (const Column* own = found->own_column(column)) return own;
  std::vector<QualifiedName> parents = found->inherits;
  parents.insert(parents.end(), found->like.begin(), found->like.end());
  if (found->partition_of) parents.push_back(*found->partition_of);
  for (const QualifiedName& parent : parents)
    if (const Column* inherited = column_within(parent, column, levels - 1)) return inherited;
  return nullptr;
}

const Column* SchemaFacts::column(const QualifiedName& name, std::string_view column) const {
  return column_within(name, column, most_levels);
}

std::optional<ResolvedType> SchemaFacts::column_type(const QualifiedName& name,
                                                     std::string_view column_name) const {
  const Column* found = column(name, column_name);
  if (found == nullptr) return std::nullopt;
  return resolve(found->type);
}

const Table* SchemaFacts::partition_root(const Table& table_in) const {
  const Table* root = &table_in;
  for (int level = 0; level < most_levels && root->partition_of; ++level) {
    const Table* parent = table(*root->partition_of);
    if (parent == nullptr) break;
    root = parent;
  }
  return root;
}

const Index* SchemaFacts::index(const QualifiedName& name) const {
  const std::size_t* position = find_by_name(indexes_by_name_, name);
  return position == nullptr ? nullptr : &indexes_[*position];
}

bool SchemaFacts::defines_routine(std::string_view name) const {
  return routines_.find(name) != routines_.end();
}

const ColumnStatistics* SchemaFacts::statistics(const QualifiedName& table_name,
                                                std::string_view column_name) const {
  const auto* columns = find_by_name(statistics_, table_name);
  if (columns == nullptr) return nullptr;
  const auto found = columns->find(column_name);
  return found == columns->end() ? nullptr : &found->second;
}

void SchemaFacts::set_statistics(const QualifiedName& table_name, const std::string& column_name,
                                 const ColumnStatistics& statistics) {
  statistics_[table_name][column_name] = statistics;
}

std::vector<const Index*> SchemaFacts::indexes_of(const QualifiedName& name) const {
  std::vector<const Index*> found;
  const auto [begin, end] = indexes_by_table_.equal_range(name);
  for (auto it = begin; it != end; ++it) found.push_back(&indexes_[it->second]);
  return found;
}

}  // namespace voyager::analysis
