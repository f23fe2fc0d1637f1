// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <iosfwd>
#include <stop_token>
#include <string>

#include "base/secret.hpp"
#include "base/status.hpp"
#include "cli/option_table.hpp"
#include "cli/options.hpp"
#include "engine/registry.hpp"
#include "exportdir/layout.hpp"

namespace voyager::cli {

/// What a command works with. Lives as long as the command runs.
struct Session {
  const engine::Registry& registry;
  exportdir::Layout layout{std::filesystem::path()};
  Status& status;
  std::ostream& out;  ///< for what the command was asked to print; status goes through `status`
  std::stop_token stop;
  /// Asks at the terminal, without echo; an empty one when there is no terminal.
  std::function<Secret(const std::string& whose)> ask_password;
};

/// One command: its options, and one call. Threads: one.
class Command {
 public:
  virtual ~Command() = default;
  /// Binds the command's options to its members.
  virtual void declare(OptionTable& options) = 0;
  /// Checks what no single option can: combinations. Throws: E1003, E1004, E1006.
  virtual void check() const {}
  /// Returns the exit code.
  virtual int run(const Session& session) = 0;
  /// True when stdout carries a document for programs: status goes to stderr then.
  virtual bool prints_document() const { return false; }

  const CommonOptions& common() const { return common_; }

 protected:
  CommonOptions common_;
};

/// The given password, or the answer at the terminal.
Secret password_or_ask(const std::optional<Secret>& given, const Session& session,
                       const std::string& whose);

/// The text, ended by exactly one newline.
void print_document(std::ostream& out, const std::string& text);

}  // namespace voyager::cli
