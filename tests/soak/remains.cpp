// SPDX-License-Identifier: Apache-2.0
#include "soak/remains.hpp"

#include <algorithm>

#include "scenarios/story.hpp"

namespace voyager::testing {

std::vector<std::string> remains(const engine::Endpoint& place,
                                 const std::vector<std::string>& before) {
  // A server takes its time to notice that a client has left.
  wait_until([&] { return sessions_left(place).empty(); }, "the end of our sessions");
  std::vector<std::string> lines;
  if (const std::string left = left_behind(place); !left.empty()) lines.push_back(left);
  std::vector<std::string> now = restorable_state(place);
  const std::vector<std::string> of_target = restorable_state_of_target(place);
  now.insert(now.end(), of_target.begin(), of_target.end());
  for (const std::string& line : before)
    if (std::find(now.begin(), now.end(), line) == now.end())
      lines.push_back("not so any more: " + line);
  if (value(place, "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'") != "0")
    lines.emplace_back("triggers are switched off");
  return lines;
}

std::vector<std::string> sequences_behind(const engine::Endpoint& place) {
  const Rows columns = query(
      place,
      "SELECT c.oid::regclass, quote_ident(attname), s.oid::regclass FROM pg_depend d "
      "JOIN pg_class s ON s.oid = objid AND s.relkind = 'S' JOIN pg_class c ON c.oid = refobjid "
      "JOIN pg_attribute a ON attrelid = refobjid AND attnum = refobjsubid WHERE deptype IN ('a', "
      "'i') AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass");
  std::vector<std::string> lines;
  for (const auto& row : columns) {
    const std::string sequence = row[2].value_or("");
    const Rows used = query(place, "SELECT n, m FROM nextval('" + sequence + "') n, (SELECT max(" +
                                       row[1].value_or("") + ") m FROM " + row[0].value_or("") +
                                       ") used WHERE m >= n");
    for (const auto& values : used)
      lines.push_back(sequence + " gives " + values[0].value_or("") + ", and there is " +
                      values[1].value_or(""));
  }
  return lines;
}

}  // namespace voyager::testing
