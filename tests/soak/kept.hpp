// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "support/migration.hpp"

namespace voyager::testing {

/// A command that somebody gives again whenever its process was killed, or has ended with an error
/// whose remedy that is.
class Kept {
 public:
  /// Starts it the first time (0 ends) or after so many.
  using Start = std::function<Child(int ends)>;

  Kept(Migration& migration, std::string name, Start start);

  /// False while it runs. Throws: std::runtime_error when it failed by itself.
  bool done();
  /// Kills it, and gives the command again; the new process is killed at one of these failpoints.
  void kill(const std::string& failpoints = "");
  void signal(int number) { child_->signal(number); }
  /// What it has said since the last start, and how it has ended before.
  std::string words() const;

 private:
  void run(const std::string& failpoints);
  void run_again(int code, const std::string& failpoints);

  Migration& migration_;
  std::string name_;
  Start start_;
  std::unique_ptr<Child> child_;
  std::string history_;
  int ends_ = 0;
};

}  // namespace voyager::testing
