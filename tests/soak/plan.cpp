// SPDX-License-Identifier: Apache-2.0
#include "soak/plan.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <string_view>

#include "support/failpoints.hpp"

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::array kinds{"kill",        "kill at failpoints",
                           "stand still", "cut",
                           "reset",       "reset soon",
                           "swallow",     "delay",
                           "refuse",      "drop the answer to COMMIT",
                           "crash"};
constexpr std::array participants{"source", "target", "source-replica"};
constexpr std::array journeys{"to the target", "to the target and back",
                              "to the target, back and forth again", "fall-forward"};

bool strikes_process(FaultKind kind) {
  return kind == FaultKind::kill || kind == FaultKind::kill_at_failpoints ||
         kind == FaultKind::stand_still;
}

bool takes_time(FaultKind kind) {
  return kind == FaultKind::stand_still || kind == FaultKind::swallow || kind == FaultKind::delay ||
         kind == FaultKind::refuse || kind == FaultKind::crash;
}

/// Of the processes that move data; those of other commands are never passed by them.
std::vector<std::string> failpoints_of_data() {
  std::vector<std::string> names;
  for (const std::string& name : failpoints()) {
    constexpr std::array<std::string_view, 4> others{"archive.", "end.", "export_schema.",
                                                     "import_schema."};
    if (std::none_of(others.begin(), others.end(),
                     [&](auto other) { return name.starts_with(other); }))
      names.push_back(name);
  }
  return names;
}

class Drawing {
 public:
  Drawing(std::uint64_t seed, Scale scale)
      : random_(seed), scale_(scale), failpoints_(failpoints_of_data()) {}

  Plan plan(std::uint64_t seed) {
    Plan plan;
    plan.seed = seed;
    plan.journey = static_cast<Journey>(dice(0, 3));
    places_ = plan.journey == Journey::fall_forward ? 3 : 2;
    plan.applications.seed = seed;
    plan.applications.applications = brief() ? 4 : dice(3, 8);
    plan.applications.most_rows = brief() ? 50'000 : dice(1, 6) * 50'000;
    plan.transactions_before = brief() ? 20 : 100;
    settings(plan.environment);
    add_leg(plan, "source", "target", plan.journey != Journey::to_target);
    if (plan.journey == Journey::fall_forward) add_leg(plan, "target", "source-replica", false);
    if (plan.journey == Journey::and_back) add_leg(plan, "target", "source", false);
    if (plan.journey == Journey::and_back_and_forth) {
      add_leg(plan, "target", "source", true);
      add_leg(plan, "source", "target", false);
    }
    if (dice(1, 3) == 1)
      plan.end_failpoints = dice(1, 2) == 1 ? "end.after_databases:1" : "end.after_backup:1";
    return plan;
  }

 private:
  int dice(int from, int to) { return std::uniform_int_distribution(from, to)(random_); }
  bool brief() const { return scale_ == Scale::brief; }

  /// Small files and batches have other places to break at than large ones.
  void settings(std::map<std::string, std::string>& environment) {
    if (dice(1, 2) == 1)
      environment["QUEUE_SEGMENT_MAX_BYTES"] = dice(1, 2) == 1 ? "3000" : "200000";
    if (dice(1, 2) == 1) environment["MAX_EVENTS_PER_BATCH"] = dice(1, 2) == 1 ? "2" : "50";
  }

  void add_leg(Plan& plan, const std::string& from, const std::string& to, bool goes_on) {
    Leg leg{from, to, goes_on, brief() ? 45 : dice(100, 400), {}, {}};
    const int all = leg.transactions * plan.applications.applications;
    const int faults = brief() ? dice(2, 4) : dice(4, 12);
    for (int i = 0; i < faults; ++i) leg.while_streaming.push_back(fault(dice(0, all * 9 / 10)));
    for (int i = dice(0, 2); i > 0; --i) leg.in_cutover.push_back(fault(dice(0, 1500)));
    for (auto* list : {&leg.while_streaming, &leg.in_cutover})
      std::sort(list->begin(), list->end(),
                [](const Fault& one, const Fault& other) { return one.at < other.at; });
    plan.legs.push_back(std::move(leg));
  }

  Fault fault(int at) {
    Fault fault;
    // Kills make up a third.
    const int last = static_cast<int>(kinds.size()) - 1;
    fault.kind = dice(1, 5) == 1 ? FaultKind::kill : static_cast<FaultKind>(dice(0, last));
    fault.who = dice(0, places_ - 1);
    fault.at = at;
    if (takes_time(fault.kind)) {
      fault.lasts = std::chrono::milliseconds(dice(0, brief() ? 1200 : 6000));
      fault.overlaps = dice(1, 3) == 1;
    }
    if (fault.kind == FaultKind::kill_at_failpoints) fault.failpoints = some_failpoints();
    return fault;
  }

  std::string some_failpoints() {
    std::string text;
    for (int i = dice(1, 8); i > 0; --i)
      text += (text.empty() ? "" : ",") +
              failpoints_.at(
                  static_cast<std::size_t>(dice(0, static_cast<int>(failpoints_.size()) - 1))) +
              ":" + std::to_string(dice(1, 7));
    return text;
  }

  std::mt19937_64 random_;
  Scale scale_;
  std::vector<std::string> failpoints_;
  int places_ = 2;
};

}  // namespace

Plan draw_plan(std::uint64_t seed, Scale scale) {
  return Drawing(seed, scale).plan(seed);
}

std::string described(const Fault& fault) {
  const std::string who = participants.at(static_cast<std::size_t>(fault.who));
  std::string text = std::to_string(fault.at) + ": " +
                     kinds.at(static_cast<std::size_t>(fault.kind)) +
                     (strikes_process(fault.kind) ? " the process of the " : " the ") + who;
  if (fault.lasts > 0ms) text += " for " + std::to_string(fault.lasts.count()) + " ms";
  if (!fault.failpoints.empty()) text += " at " + fault.failpoints;
  return text + (fault.overlaps ? ", meanwhile" : "");
}

std::string described(const Plan& plan) {
  std::string text = "seed " + std::to_string(plan.seed) + ": " +
                     journeys.at(static_cast<std::size_t>(plan.journey)) + ", " +
                     std::to_string(plan.applications.applications) + " applications";
  for (const auto& [name, value] : plan.environment) text += ", " + name + "=" + value;
  for (const Leg& leg : plan.legs) {
    text += "\n  " + leg.writes_to + ", " + std::to_string(leg.transactions) + " transactions each";
    for (const Fault& fault : leg.while_streaming) text += "\n    at " + described(fault);
    text += "\n  cutover to " + leg.cutover_to;
    for (const Fault& fault : leg.in_cutover) text += "\n    after ms " + described(fault);
  }
  return text + (plan.end_failpoints.empty() ? "" : "\n  end, killed at " + plan.end_failpoints) +
         "\n";
}

}  // namespace voyager::testing
