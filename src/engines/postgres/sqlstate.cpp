// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/sqlstate.hpp"

#include <algorithm>
#include <array>

namespace voyager::postgres {
namespace {

struct Rule {
  std::string_view prefix;
  Action action;
};

constexpr std::array rules{
    Rule{"08", Action::reconnect},     // connection exceptions
    Rule{"57P", Action::reconnect},    // admin or crash shutdown, cannot connect now
    Rule{"53300", Action::reconnect},  // too many connections
    Rule{"53100", Action::reconnect},  // disk full: until somebody makes room, however long
    Rule{"53", Action::retry},         // out of memory
    Rule{"40", Action::retry},         // serialization failure, deadlock
    Rule{"55P03", Action::retry},      // lock not available
    Rule{"25P02", Action::retry},      // transaction is aborted
    Rule{"25P03", Action::reconnect},  // idle-in-transaction time-out
};

constexpr std::array retryable_texts{
    std::string_view("Catalog Version Mismatch"),
    std::string_view("schema version mismatch"),
    std::string_view("MISMATCHED_SCHEMA"),
    std::string_view("Restart read required"),
    std::string_view("conflicts with higher priority transaction"),
    std::string_view("expired or aborted"),
    std::string_view("Timed out"),
    std::string_view("Remote error"),
    std::string_view("while reaching out to the tablet servers"),
};

}  // namespace

Action action_for(std::string_view sqlstate, std::string_view message) {
  for (const Rule& rule : rules) {
    if (sqlstate.starts_with(rule.prefix)) return rule.action;
  }
  const bool internal = sqlstate.starts_with("XX");
  const bool retryable =
      internal && std::any_of(retryable_texts.begin(), retryable_texts.end(), [&](auto text) {
        return message.find(text) != std::string_view::npos;
      });
  return retryable ? Action::retry : Action::give_up;
}

}  // namespace voyager::postgres
