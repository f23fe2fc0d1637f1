// SPDX-License-Identifier: Apache-2.0
#include "base/failpoint.hpp"

#ifdef VOYAGER_FAILPOINTS

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "base/text.hpp"

namespace voyager {
namespace {

constexpr ErrorCode bad_failpoint{9098};
constexpr ErrorCode failpoint_hit{9099};

enum class Effect { kill, error, delay };

struct Plan {
  std::int64_t passes_left = 1;
  Effect effect = Effect::kill;
  std::chrono::milliseconds delay{0};
};

[[noreturn]] void reject(std::string_view item) {
  fail(bad_failpoint, fmt::format("VOYAGER_FAILPOINT has no meaning: \"{}\"", item),
       "Write name:count, name:count:error or name:count:delay=milliseconds");
}

Plan parse_plan(std::string_view item, const std::vector<std::string>& parts) {
  Plan plan;
  if (parts.empty() || parts.size() > 3 || parts[0].empty()) reject(item);
  if (parts.size() > 1) plan.passes_left = parse_int(parts[1]).value_or(0);
  if (plan.passes_left < 1) reject(item);
  if (parts.size() < 3) return plan;
  constexpr std::string_view delay = "delay=";
  if (parts[2] == "error") {
    plan.effect = Effect::error;
  } else if (parts[2].rfind(delay, 0) == 0) {
    plan.effect = Effect::delay;
    plan.delay = std::chrono::milliseconds(parse_int(parts[2].substr(delay.size())).value_or(-1));
    if (plan.delay.count() < 0) reject(item);
  } else {
    reject(item);
  }
  return plan;
}

class Failpoints {
 public:
  void pass(std::string_view name) {
    // A child made by fork() alone is a process of its own, with its own environment.
    if (read_by_ != ::getpid()) read_environment();
    if (!armed_) return;
    const std::optional<Plan> hit = count(name);
    if (!hit) return;
    if (hit->effect == Effect::delay) delay(name, hit->delay);
    if (hit->effect == Effect::error) throw_here(name);
    if (hit->effect == Effect::kill) die(name);
  }

 private:
  /// Says where: one of several that were armed, and nobody is left to ask.
  static void die(std::string_view name) {
    const std::string last_words = fmt::format("killed at failpoint {}\n", name);
    std::fputs(last_words.c_str(), stderr);  // unbuffered
    static_cast<void>(::raise(SIGKILL));
  }

  /// Says where: the error itself may well be survived without a word.
  [[noreturn]] static void throw_here(std::string_view name) {
    std::fputs(fmt::format("failed at failpoint {}\n", name).c_str(), stderr);
    throw Error(failpoint_hit, Action::retry, fmt::format("failpoint {} was reached", name));
  }

  /// Says where, so that a test can break something at just this place.
  static void delay(std::string_view name, std::chrono::milliseconds time) {
    std::fputs(fmt::format("delayed at failpoint {}\n", name).c_str(), stderr);
    std::this_thread::sleep_for(time);
  }

  void read_environment() {
    const MutexLock lock(mutex_);
    if (read_by_ == ::getpid()) return;
    const char* specification = std::getenv("VOYAGER_FAILPOINT");
    plans_.clear();
    for (const std::string& item : split(specification == nullptr ? "" : specification, ',')) {
      if (trim(item).empty()) continue;
      const std::vector<std::string> parts = split(trim(item), ':');
      plans_.emplace(parts[0], parse_plan(item, parts));
    }
    armed_ = !plans_.empty();
    read_by_ = ::getpid();
  }

  /// The plan, at the one pass that it is for.
  std::optional<Plan> count(std::string_view name) {
    const MutexLock lock(mutex_);
    const auto found = plans_.find(name);
    if (found == plans_.end() || --found->second.passes_left != 0) return std::nullopt;
    return found->second;
  }

  Mutex mutex_;
  std::map<std::string, Plan, std::less<>> plans_ GUARDED_BY(mutex_);
  std::atomic<bool> armed_ = false;
  std::atomic<pid_t> read_by_ = 0;
};

}  // namespace

void failpoint(std::string_view name) {
  static Failpoints failpoints;
  failpoints.pass(name);
}

}  // namespace voyager

#endif
