// SPDX-License-Identifier: Apache-2.0
#include "analysis/parsed_statement.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "analysis/body.hpp"
#include "analysis/object_label.hpp"
#include "base/error.hpp"
#include "schema/classify.hpp"

namespace voyager::analysis {
namespace {

std::size_t lines_before(const std::string& text, std::size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

void visit(const std::string& key, const Json& value,
           const std::function<void(const std::string&, const Json&)>& see) {
  if (value.is_array()) {
    for (const Json& item : value) visit("", item, see);
    return;
  }
  if (!value.is_object()) return;
  if (!key.empty()) see(key, value);
  for (const auto& [name, field] : value.items()) visit(name, field, see);
}

}  // namespace

std::string ParsedStatement::kind() const {
  return tree.is_object() && !tree.empty() ? tree.begin().key() : std::string();
}

const Json& ParsedStatement::node() const {
  static const Json absent;
  return tree.is_object() && !tree.empty() ? tree.begin().value() : absent;
}

std::size_t ParsedStatement::line_at(std::size_t offset) const {
  return line + lines_before(text, offset);
}

std::size_t SearchedTree::line_at(std::size_t offset) const {
  return first_line + lines_before(text, offset);
}

ParsedStatement parse_statement(std::string file, const schema::Statement& statement,
                                std::optional<schema::ObjectType> file_type) {
  ParsedStatement parsed;
  parsed.file = std::move(file);
  parsed.line = statement.line;
  parsed.text = statement.text;
  TolerantParse result = parse_with_newer_syntax(statement.text);
  parsed.newer = std::move(result.newer);
  if (result.failure) {
    parsed.error = ParseError{result.failure->message, parsed.line_at(result.failure->offset)};
    label_by_words(parsed, file_type);
    return parsed;
  }
  if (!result.statements.empty()) parsed.tree = std::move(result.statements[0]);
  label_by_tree(parsed);
  read_body(parsed);
  return parsed;
}

std::vector<ParsedStatement> parse_text(const std::string& file, const std::string& sql,
                                        std::optional<schema::ObjectType> file_type) {
  std::vector<ParsedStatement> parsed;
  try {
    for (const schema::Statement& statement : schema::split_statements(sql))
      parsed.push_back(parse_statement(file, statement, file_type));
  } catch (const Error& error) {
    ParsedStatement whole;
    whole.file = file;
    whole.line = 1;
    whole.error = ParseError{error.what(), 1};
    if (file_type) whole.object_type = schema::object_file(*file_type).name;
    parsed.push_back(std::move(whole));
  }
  return parsed;
}

void for_each_tree(const ParsedStatement& statement,
                   const std::function<void(const SearchedTree&)>& see) {
  if (!statement.tree.is_null()) see({statement.tree, statement.text, statement.line});
  for (const BodyPart& part : statement.body)
    if (!part.tree.is_null()) see({part.tree, part.text, part.line});
}

void for_each_node(const Json& tree,
                   const std::function<void(const std::string& kind, const Json& node)>& see) {
  visit("", tree, see);
}

std::size_t location_of(const Json& node) {
  const Json& location = member(node, "location");
  // -1 stands for "nowhere".
  return location.is_number() && location.get<std::int64_t>() > 0 ? location.get<std::size_t>() : 0;
}

}  // namespace voyager::analysis
