// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voyager::schema {

/// The kinds of schema objects that have a file of their own, in the order in which they are
/// imported.
enum class ObjectType : std::uint8_t {
  schema,
  collation,
  extension,
  language,
  access_method,
  type,
  domain,
  sequence,
  table,
  index,
  function,
  aggregate,
  procedure,
  operators,
  cast,
  transform,
  conversion,
  text_search,
  foreign_server,
  foreign_table,
  view,
  mview,
  rule,
  statistics,
  policy,
  trigger,
  comment,
};

/// What users and the file system call an object type.
struct ObjectFile {
  ObjectType type;
  std::string_view name;  ///< in --object-type-list and in reports: "FOREIGN TABLE"
  std::string_view path;  ///< under schema/: "tables/foreign_table.sql"
};

/// All of them in import order. Source: docs/guide/schema.md.
const std::vector<ObjectFile>& object_files();
const ObjectFile& object_file(ObjectType type);

/// The types a command is about, in the order of the list when there is one.
/// `listed` empty: all; names in any case, with a space or an underscore between words.
/// Throws: E4102 naming the valid ones for an unknown name.
std::vector<ObjectType> selected_types(const std::vector<std::string>& listed,
                                       const std::vector<std::string>& excluded);

}  // namespace voyager::schema
