// SPDX-License-Identifier: Apache-2.0
#include "schema/schema_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "schema/tokens.hpp"

namespace voyager::schema {
namespace {

constexpr ErrorCode no_schema_files{4103};

void add_statements(const std::filesystem::path& directory, const SchemaText& text,
                    SchemaFiles& files) {
  try {
    for (Statement& statement : split_statements(text.sql)) {
      const Facts facts = classify(statement.text);
      if (!facts.schema.empty()) files.schemas.push_back(facts.schema);
      files.statements.push_back({std::move(statement), text.file.type, facts});
    }
    if (mentions_schema(text.sql, "public")) files.schemas.emplace_back("public");
  } catch (const Error& error) {
    throw error.within((directory / text.file.path).string());
  }
}

void keep_first_of_each(std::vector<std::string>& names) {
  std::set<std::string> seen;
  names.erase(std::remove_if(names.begin(), names.end(),
                             [&](const std::string& name) { return !seen.insert(name).second; }),
              names.end());
}

}  // namespace

std::vector<SchemaText> read_schema_texts(const std::filesystem::path& directory) {
  std::vector<SchemaText> texts;
  for (const ObjectFile& file : object_files()) {
    const std::filesystem::path path = directory / file.path;
    if (std::filesystem::exists(path))
      texts.push_back({file, without_restrict_lines(read_file(path))});
  }
  if (texts.empty()) {
    fail(no_schema_files, fmt::format("there are no schema files in {}", directory.string()),
         "Run yb-voyager export schema first");
  }
  return texts;
}

SchemaFiles read_schema_files(const std::filesystem::path& directory) {
  SchemaFiles files;
  for (const SchemaText& text : read_schema_texts(directory))
    add_statements(directory, text, files);
  keep_first_of_each(files.schemas);
  return files;
}

std::string failed_sql_text(const std::vector<FailedStatement>& failures) {
  std::string text;
  for (const FailedStatement& failure : failures) {
    const std::string reason = join(split(failure.error, '\n'), "\n-- ");
    text += fmt::format("-- {}, line {}\n-- {}\n{};\n\n", object_file(failure.item.file).path,
                        failure.item.statement.line, reason, failure.item.statement.text);
  }
  return text;
}

}  // namespace voyager::schema
