// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace voyager {

/// What a caller can usefully do about an Error.
enum class Action {
  give_up,     ///< a person must act; the state on disk and in the databases is intact
  retry,       ///< the same work may be done again on the same connection
  reconnect,   ///< the same work may be done again on a new connection
  ask_target,  ///< a COMMIT was sent and its answer lost: read the ledger before doing anything
};

/// The number of an error, stable over releases and explained in docs/messages.md.
/// Ranges: 1xxx command line, 2xxx export directory, 3xxx databases, 4xxx schema, 5xxx snapshot,
/// 6xxx changes, 7xxx cutover and end, 8xxx verify and reports, 9xxx operating system.
struct ErrorCode {
  int number = 0;
  friend bool operator==(ErrorCode, ErrorCode) = default;
};

/// The only exception type that this program throws on purpose.
///
/// message says what went wrong and where; remedy says what the user can do, as one sentence.
/// Neither ever holds row data or a password.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, Action action, const std::string& message, std::string remedy = "");

  ErrorCode code() const { return code_; }
  Action action() const { return action_; }
  const std::string& remedy() const { return remedy_; }
  /// SQLSTATE of the server error behind this one, or empty.
  const std::string& sqlstate() const { return sqlstate_; }

  Error& with_sqlstate(std::string sqlstate);
  /// The same error with "context: " in front of its message.
  Error within(std::string_view context) const;
  /// One line for the user: "E2101 message. remedy".
  std::string line() const;

 private:
  ErrorCode code_;
  Action action_;
  std::string remedy_;
  std::string sqlstate_;
};

/// A give_up error for bad input or an impossible request.
[[noreturn]] void fail(ErrorCode code, const std::string& message, std::string remedy = "");

}  // namespace voyager
