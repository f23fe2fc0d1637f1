// SPDX-License-Identifier: Apache-2.0
#include "base/retry.hpp"

#include "base/backoff.hpp"

namespace voyager {
namespace {

/// What is left of the tries that the rules allow.
class Allowance {
 public:
  explicit Allowance(const RetryRules& rules)
      : retries_(rules.retries), reconnects_(rules.reconnects) {}

  bool take(Action action) {
    if (action == Action::give_up) return false;
    int& left = action == Action::retry ? retries_ : reconnects_;
    if (left == 0) return false;
    if (left > 0) --left;
    return true;
  }

 private:
  int retries_;
  int reconnects_;
};

}  // namespace

bool run_with_retries(const RetryRules& rules, const std::stop_token& stop,
                      const std::function<void()>& work) {
  Backoff backoff(rules.first_pause, rules.longest_pause);
  Allowance allowance(rules);
  while (!stop.stop_requested()) {
    const std::chrono::milliseconds pause = backoff.next();
    try {
      work();
      return true;
    } catch (const Error& error) {
      if (stop.stop_requested()) return false;
      if (!allowance.take(error.action())) throw;
      if (error.action() != Action::retry) rules.drop_connection();
      rules.waiting(error, pause);
    }
    wait_unless_stopped(pause, stop);
  }
  return false;
}

}  // namespace voyager
