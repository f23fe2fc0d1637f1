// SPDX-License-Identifier: Apache-2.0
#include "soak/kept.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <string_view>

namespace voyager::testing {
namespace {

constexpr int killed = 128 + SIGKILL;
/// What ends more often than all that breaks can explain does not get on.
constexpr int most_ends = 50;

/// Errors that the same command leads out of: a database could not be reached before there was
/// anything to go on with, or the snapshot went with the connection that kept it.
bool is_resumed(const std::string& errors) {
  constexpr std::array<std::string_view, 4> codes{"E3101 ", "E3102 ", "E3104 ", "E3203 "};
  return std::any_of(codes.begin(), codes.end(), [&](auto code) {
    return errors.find("yb-voyager: " + std::string(code)) != std::string::npos;
  });
}

std::string last_of(const std::string& text) {
  constexpr std::size_t most = 4000;
  return text.substr(text.size() - std::min(text.size(), most));
}

}  // namespace

Kept::Kept(Migration& migration, std::string name, Start start)
    : migration_(migration), name_(std::move(name)), start_(std::move(start)) {
  run("");
}

void Kept::run(const std::string& failpoints) {
  migration_.set_environment("VOYAGER_FAILPOINT", failpoints);
  child_ = std::make_unique<Child>(start_(ends_));
  migration_.set_environment("VOYAGER_FAILPOINT", "");
}

void Kept::run_again(int code, const std::string& failpoints) {
  history_ += "\n  ended with " + std::to_string(code) + " " + child_->errors();
  ++ends_;
  run(failpoints);
}

bool Kept::done() {
  if (child_->running()) return false;
  const int code = child_->wait();
  if (code == 0) return true;
  if (code != killed && (ends_ == most_ends || !is_resumed(child_->errors())))
    throw std::runtime_error(name_ + " ended with " + std::to_string(code));
  run_again(code, "");
  return false;
}

void Kept::kill(const std::string& failpoints) {
  if (done()) return;
  child_->kill();
  const int code = child_->wait();
  if (code == killed) run_again(code, failpoints);
}

std::string Kept::words() const {
  return "--- " + name_ + history_ + "\n" + last_of(child_->output()) + last_of(child_->errors());
}

}  // namespace voyager::testing
