// SPDX-License-Identifier: Apache-2.0
#include "cli/adaptive_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/backoff.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace voyager::cli {
namespace {

/// Source: YugabyteDB documentation, "yb-voyager import data", --adaptive-parallelism.
constexpr double balanced_cpu_percent = 80;
constexpr double aggressive_cpu_percent = 95;
/// default_parallel_jobs() of a cluster is a quarter of its cores.
constexpr int most_per_default_job = 4;
constexpr std::chrono::minutes between_lines{1};

std::optional<std::int64_t> from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::nullopt : parse_int(text);
}

JobLimit fixed(engine::TargetEngine& target, const Parallelism& wanted) {
  return wanted.jobs > 0 ? wanted.jobs : target.default_parallel_jobs();
}

JobLimit movable(engine::TargetEngine& target, const Parallelism& wanted) {
  const int usual = target.default_parallel_jobs();
  const int jobs = wanted.jobs > 0 ? wanted.jobs : usual;
  return {jobs, wanted.most > 0 ? wanted.most : std::max(jobs, most_per_default_job * usual)};
}

}  // namespace

std::optional<engine::LoadLimits> load_limits(const std::string& mode) {
  engine::LoadLimits limits;
  if (mode == "balanced") {
    limits.cpu_percent = balanced_cpu_percent;
  } else if (mode == "aggressive") {
    limits.cpu_percent = aggressive_cpu_percent;
  } else {
    return std::nullopt;
  }
  if (const auto cpu = from_environment("MAX_CPU_THRESHOLD"))
    limits.cpu_percent = static_cast<double>(*cpu);
  if (const auto memory = from_environment("MIN_AVAILABLE_MEMORY_THRESHOLD"))
    limits.available_memory_percent = static_cast<double>(*memory);
  return limits;
}

std::chrono::milliseconds AdaptiveJobs::usual_interval() {
  constexpr std::int64_t seconds = 10;
  const auto given = from_environment("ADAPTIVE_PARALLELISM_FREQUENCY_SECONDS").value_or(seconds);
  return std::chrono::seconds(std::max<std::int64_t>(1, given));
}

AdaptiveJobs::AdaptiveJobs(engine::TargetEngine& target, const Parallelism& wanted, Status& status,
                           std::chrono::milliseconds interval)
    : target_(target),
      status_(status),
      meter_(wanted.adaptive ? target.load_meter() : nullptr),
      limit_(meter_ ? movable(target, wanted) : fixed(target, wanted)) {
  log::info("{} connections write, at most {}{}", limit_.now(), limit_.most(),
            meter_ ? ", as the servers' load allows" : "");
  if (!meter_) return;
  thread_.start(1, [this, limits = *wanted.adaptive, interval](std::size_t, const auto& stop) {
    watch(limits, interval, stop);
  });
}

void AdaptiveJobs::watch(const engine::LoadLimits& limits, std::chrono::milliseconds interval,
                         const std::stop_token& stop) {
  while (wait_unless_stopped(interval, stop)) {
    try {
      look(limits);
    } catch (const Error& error) {
      log::warn("the load of the target's servers is not known: {}", error.line());
      meter_.reset();
    }
  }
}

void AdaptiveJobs::look(const engine::LoadLimits& limits) {
  if (!meter_) meter_ = target_.load_meter();
  if (!meter_) return;
  const engine::JobsWanted wanted =
      engine::jobs_wanted(limit_.now(), limit_.most(), meter_->read(), limits);
  if (wanted.jobs == limit_.now()) return;
  show(wanted);
  limit_.set(wanted.jobs);
}

void AdaptiveJobs::show(const engine::JobsWanted& wanted) {
  const std::string text =
      fmt::format("adaptive parallelism: {} connections write{}{}", wanted.jobs,
                  wanted.jobs < limit_.now() ? ", one less: " : ", one more", wanted.reason);
  log::info("{}", text);
  const auto now = std::chrono::steady_clock::now();
  if (shown_ && now - *shown_ < between_lines) return;
  shown_ = now;
  status_.line(text);
}

}  // namespace voyager::cli
