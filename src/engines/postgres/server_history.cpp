// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/server_history.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::postgres {
namespace {

/// A server that was made before its first fail-over has no file for its timeline; one whose file
/// was removed says so with 58P01: of such, no other timeline is known to be an ancestor.
std::vector<ServerHistory::Ancestor> read_ancestors(Connection& replication,
                                                    std::int64_t timeline) {
  if (timeline <= 1) return {};
  try {
    const Result file = replication.execute(fmt::format("TIMELINE_HISTORY {}", timeline));
    return parse_timeline_file(file.text(0, 1));
  } catch (const Error& error) {
    if (error.sqlstate() != "58P01") throw;
    return {};
  }
}

}  // namespace

std::string ServerHistory::text() const {
  return system.empty() ? "" : fmt::format("{}/{}", system, timeline);
}

bool ServerHistory::holds(std::string_view earlier, Lsn commit) const {
  if (earlier == text()) return true;
  return std::any_of(ancestors.begin(), ancestors.end(), [&](const Ancestor& ancestor) {
    return earlier == fmt::format("{}/{}", system, ancestor.timeline) && commit < ancestor.end;
  });
}

std::vector<ServerHistory::Ancestor> parse_timeline_file(std::string_view content) {
  std::vector<ServerHistory::Ancestor> ancestors;
  for (const std::string& line : split(content, '\n')) {
    const std::vector<std::string> fields = split(trim(line), '\t');
    const auto timeline = parse_int(fields.front());
    if (timeline && fields.size() >= 2) ancestors.push_back({*timeline, parse_lsn(fields[1])});
  }
  return ancestors;
}

ServerHistory read_history(Connection& replication) {
  const Result system = replication.execute("IDENTIFY_SYSTEM");
  ServerHistory history;
  history.system = system.string(0, 0);
  history.timeline = system.integer(0, 1);
  history.ancestors = read_ancestors(replication, history.timeline);
  return history;
}

}  // namespace voyager::postgres
