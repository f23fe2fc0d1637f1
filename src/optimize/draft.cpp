// SPDX-License-Identifier: Apache-2.0
#include "optimize/draft.hpp"

#include "base/text.hpp"

namespace voyager::optimize {
namespace {

using analysis::Json;
using analysis::member;
using analysis::text;

std::vector<Draft> parsed(const Files& files) {
  std::vector<Draft> drafts;
  for (const auto& [type, statements] : files) {
    const std::string path(schema::object_file(type).path);
    std::size_t number = 0;
    for (const std::string& statement : statements)
      drafts.push_back({type, analysis::parse_statement(path, {statement, ++number}, type), false});
  }
  return drafts;
}

analysis::SchemaFacts facts_of(const std::vector<Draft>& drafts) {
  std::vector<analysis::ParsedStatement> statements;
  statements.reserve(drafts.size());
  for (const Draft& draft : drafts) statements.push_back(draft.statement);
  return analysis::SchemaFacts::gather(statements);
}

}  // namespace

Work::Work(const Files& files) : drafts(parsed(files)), facts(facts_of(drafts)) {}

void Work::rewrite(Draft& draft, std::string text) {
  draft.statement = analysis::parse_statement(draft.statement.file,
                                              {std::move(text), draft.statement.line}, draft.file);
}

void Work::add(schema::ObjectType file, std::string text) {
  added_[file].push_back(std::move(text));
}

Optimized Work::finish() && {
  Optimized result{std::move(added_), std::move(changes), std::move(notes)};
  for (Draft& draft : drafts)
    if (!draft.left_out) result.files[draft.file].push_back(std::move(draft.statement.text));
  return result;
}

std::string joined(const std::vector<std::string>& statements) {
  return join(statements, ";\n\n");
}

const Json& added_constraint(const analysis::ParsedStatement& statement) {
  static const Json none;
  const Json& commands = member(statement.node(), "cmds");
  if (!statement.is("AlterTableStmt") || commands.size() != 1) return none;
  const Json& command = member(commands[0], "AlterTableCmd");
  if (text(command, "subtype") != "AT_AddConstraint") return none;
  return member(member(command, "def"), "Constraint");
}

}  // namespace voyager::optimize
