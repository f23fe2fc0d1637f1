// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/complaints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "engines/postgres/array_text.hpp"

namespace voyager::postgres {
namespace {

using Lines = std::vector<std::string>;

/// More names than this help nobody.
constexpr std::size_t shown_names = 10;

/// The names that each kind of problem concerns.
std::map<std::string, Lines> found_problems(Connection& connection, const char* sql,
                                            const std::vector<QualifiedName>& relations) {
  Lines schemas;
  Lines names;
  for (const QualifiedName& relation : relations) {
    schemas.push_back(relation.schema);
    names.push_back(relation.name);
  }
  const Result found = connection.query(sql, {array_text(schemas), array_text(names)});
  std::map<std::string, Lines> problems;
  for (int row = 0; row < found.rows(); ++row) {
    const QualifiedName name{found.string(row, 1), found.string(row, 2)};
    problems[found.string(row, 0)].push_back(name.name.empty() ? quote_identifier(name.schema)
                                                               : name.display());
  }
  return problems;
}

}  // namespace

std::string listed_names(const Lines& names) {
  const auto shown = static_cast<std::ptrdiff_t>(std::min(names.size(), shown_names));
  std::string text = join(Lines(names.begin(), names.begin() + shown), ", ");
  if (names.size() > shown_names) text += fmt::format(" and {} more", names.size() - shown_names);
  return text;
}

void add_complaints(Connection& connection, const char* sql,
                    const std::vector<QualifiedName>& relations,
                    std::span<const Complaint> complaints, const std::string& user, Lines& lines) {
  const auto problems = found_problems(connection, sql, relations);
  for (const Complaint& complaint : complaints) {
    const auto problem = problems.find(complaint.problem);
    if (problem == problems.end()) continue;
    lines.push_back(fmt::format(fmt::runtime(complaint.text), listed_names(problem->second), user));
  }
}

}  // namespace voyager::postgres
