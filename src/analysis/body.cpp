// SPDX-License-Identifier: Apache-2.0
#include "analysis/body.hpp"

#include <algorithm>
#include <utility>

#include "analysis/plpgsql_reader.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "schema/tokens.hpp"

namespace voyager::analysis {
namespace {

/// How a routine's body is written.
struct BodyText {
  std::string language;
  std::string text;
  std::size_t line = 0;  ///< of the file, where the text begins
};

/// A DefElem's text: {"String": {"sval": ...}} or a list with one.
std::string option_text(const Json& value) {
  const Json& items = member(member(value, "List"), "items");
  const Json& holder = items.is_array() && items.size() == 1 ? items[0] : value;
  return text(member(holder, "String"), "sval");
}

/// Where the literal that follows AS begins to speak: behind its opening quote.
std::size_t literal_offset(const std::string& sql, std::size_t as_at) {
  for (const schema::Token& token : schema::scan_tokens(sql.substr(as_at))) {
    const std::size_t start = as_at + token.start;
    if (sql[start] == '\'') return start + 1;
    if (sql[start] == '$') return sql.find('$', start + 1) + 1;
  }
  return as_at;
}

BodyText body_text(const ParsedStatement& statement, const Json& options,
                   const std::string& usual_language) {
  BodyText body{usual_language, "", 0};
  for (const Json& item : options) {
    const Json& option = member(item, "DefElem");
    const std::string name = text(option, "defname");
    if (name == "language") body.language = to_lower(option_text(member(option, "arg")));
    if (name != "as") continue;
    body.text = option_text(member(option, "arg"));
    body.line = statement.line_at(literal_offset(statement.text, location_of(option)));
  }
  return body;
}

/// Statements of a query language only; what can't be cut has no parts.
std::vector<SqlPiece> pieces_of(const BodyText& body) {
  if (body.language == "plpgsql") return read_plpgsql(body.text);
  std::vector<SqlPiece> pieces;
  std::size_t from = 0;
  for (schema::Statement& statement : schema::split_statements(body.text)) {
    const std::size_t offset = body.text.find(statement.text, from);
    from = offset + statement.text.size();
    pieces.push_back({std::move(statement.text), offset});
  }
  return pieces;
}

void parse_piece(SqlPiece piece, const BodyText& body, ParsedStatement& statement) {
  const auto end = body.text.begin() + static_cast<std::ptrdiff_t>(piece.offset);
  BodyPart part;
  part.line = body.line + static_cast<std::size_t>(std::count(body.text.begin(), end, '\n'));
  TolerantParse parsed = parse_with_newer_syntax(piece.text);
  part.newer = std::move(parsed.newer);
  if (parsed.failure && !statement.body_error)
    statement.body_error = ParseError{parsed.failure->message, part.line};
  if (!parsed.statements.empty()) part.tree = std::move(parsed.statements[0]);
  part.text = std::move(piece.text);
  statement.body.push_back(std::move(part));
}

}  // namespace

void read_body(ParsedStatement& statement) {
  BodyText body;
  if (statement.is("CreateFunctionStmt"))
    body = body_text(statement, member(statement.node(), "options"), "sql");
  if (statement.is("DoStmt"))
    body = body_text(statement, member(statement.node(), "args"), "plpgsql");
  if (body.language != "plpgsql" && body.language != "sql") return;
  try {
    for (SqlPiece& piece : pieces_of(body)) parse_piece(std::move(piece), body, statement);
  } catch (const Error& error) {
    statement.body_error = ParseError{error.what(), body.line};
  }
}

}  // namespace voyager::analysis
