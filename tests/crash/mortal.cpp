// SPDX-License-Identifier: Apache-2.0
#include "crash/mortal.hpp"

#include <regex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace voyager::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int killed = 128 + SIGKILL;

/// As VOYAGER_FAILPOINT takes it.
std::string suffix_of(Effect effect) {
  constexpr std::array suffixes{"", ":error", ":delay=200"};
  return suffixes[static_cast<std::size_t>(effect)];
}

}  // namespace

const char* word_of(Leg leg) {
  constexpr std::array words{"forth", "back", "forth again"};
  return words[static_cast<std::size_t>(leg)];
}

Mortal::Mortal(Stage& stage, std::string command, Start start)
    : stage_(stage), command_(std::move(command)), start_(std::move(start)) {
  run();
}

void Mortal::run() {
  started_in_ = leg();
  seen_.clear();
  std::string armed;
  for (const std::string& name : stage_.orders.failpoints) {
    if (over_[started_in_].contains(name)) continue;
    armed += (armed.empty() ? "" : ",") + name + ":" + std::to_string(stage_.orders.pass) +
             suffix_of(stage_.orders.effect);
  }
  stage_.migration.set_environment("VOYAGER_FAILPOINT", armed);
  child_ = std::make_unique<Child>(start_(ends_, started_in_ != Leg::forth && ends_ % 2 == 1));
  stage_.migration.set_environment("VOYAGER_FAILPOINT", "");
}

void Mortal::note_name() {
  static const std::regex announcement("This .* process is (.*) from now on\\.");
  const std::string output = child_->output();
  for (std::sregex_iterator match(output.begin(), output.end(), announcement), none; match != none;
       ++match)
    command_ = (*match)[1];
}

Leg Mortal::leg() const {
  if (command_ == "import data to source" || command_ == "export data from target")
    return Leg::back;
  return stage_.leg;
}

std::set<std::string> Mortal::note_hits() {
  static const std::regex words("(?:killed|failed|delayed) at failpoint ([a-z_.]+)\n");
  std::set<std::string> fresh;
  const std::string errors = child_->errors();
  for (std::sregex_iterator match(errors.begin(), errors.end(), words), none; match != none;
       ++match) {
    const std::string name = (*match)[1];
    if (seen_.insert(name).second) fresh.insert(name);
  }
  if (fresh.empty()) return fresh;
  note_name();
  for (const std::string& name : fresh) stage_.hits[name].insert(leg());
  return fresh;
}

bool Mortal::ended_by_orders(int code) const {
  if (killed_by_us_ && code == killed) return true;
  if (seen_.empty()) return false;
  if (stage_.orders.effect == Effect::kill) return code == killed;
  // An error of its own (E9099), or in the words of the one that it led to.
  return stage_.orders.effect == Effect::error && code == 1 &&
         child_->errors().find(" was reached") != std::string::npos;
}

bool Mortal::done() {
  if (child_->running()) {
    note_hits();
    return false;
  }
  const int code = child_->wait();
  note_hits();
  if (code == 0) return true;
  note_name();
  if (!ended_by_orders(code))
    throw std::runtime_error(command_ + " ended with " + std::to_string(code) + ": " + text());
  stage_.history += "\n  " + command_ + " (" + word_of(leg()) + ")";
  for (const std::string& name : seen_) {
    stage_.history += " at " + name;
    if (!over_[leg()].insert(name).second && stage_.orders.effect == Effect::kill)
      throw std::runtime_error(command_ + " was killed twice at " + name);
  }
  killed_by_us_ = false;
  ++ends_;
  run();
  return false;
}

void Mortal::renew() {
  if (started_in_ != Leg::forth) return;
  killed_by_us_ = true;
  child_->kill();
  child_->wait();
  done();
}

void Mortal::wait(std::chrono::seconds limit) {
  const auto end = Clock::now() + limit;
  while (!done()) {
    if (Clock::now() > end) throw std::runtime_error(command_ + " does not end: " + text());
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace voyager::testing
