// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "base/error.hpp"

namespace voyager {

/// How often and how run_with_retries() tries again, by the action that an Error asks for.
struct RetryRules {
  int retries = 10;  ///< after action retry; then the error goes up
  /// After action reconnect or ask_target; less than 0: without limit.
  int reconnects = 10;
  std::chrono::milliseconds first_pause{500};
  std::chrono::milliseconds longest_pause{10'000};
  /// Called before a pause when the connection is of no use any more: drop it, work() opens the
  /// next one.
  std::function<void()> drop_connection = [] {};
  /// Called before each pause, to show what is waited for, and how long until the next try.
  std::function<void(const Error&, std::chrono::milliseconds)> waiting =
      [](const Error&, std::chrono::milliseconds) {};
};

/// Runs `work` until it ends without an Error. It must be safe to run again, and after ask_target
/// it must ask the ledger before it writes. Returns false when a stop was requested meanwhile,
/// whatever `work` had thrown. Throws: the last Error when its action is give_up or the tries are
/// used up.
bool run_with_retries(const RetryRules& rules, const std::stop_token& stop,
                      const std::function<void()>& work);

}  // namespace voyager
