// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace voyager::testing {

/// Cuts one direction of a PostgreSQL connection into its messages.
///
/// Of each message the type and the first bytes are kept, so that large rows cost nothing.
/// Source: PostgreSQL 15 documentation, section 55.7 "Message Formats".
class WireMessages {
 public:
  /// `typed`: every message begins with its type; without, only the length comes first (start-up).
  using Take = std::function<void(char type, std::string_view beginning)>;

  explicit WireMessages(bool typed) : typed_(typed) {}
  /// May be called inside `take`, for the messages behind the present one.
  void set_typed() { typed_ = true; }
  /// The next byte stands alone: the server's answer to a request for encryption.
  void expect_single_byte() { single_byte_ = true; }
  void feed(std::string_view bytes, const Take& take);

 private:
  std::size_t header_length() const { return typed_ ? 5 : 4; }
  void finish(const Take& take);

  bool typed_;
  bool single_byte_ = false;
  std::string header_;
  std::string beginning_;
  std::uint64_t left_ = 0;  ///< bytes of the body that have not come yet
};

/// Sees COMMIT go to the server, as a simple query or through the extended protocol, and the
/// server's answer to it come back. Sees nothing once the connection is encrypted.
class CommitWatch {
 public:
  /// True when a COMMIT ended in these bytes.
  bool to_server(std::string_view bytes);
  /// True when the server said in these bytes that a transaction was committed.
  bool to_client(std::string_view bytes);

 private:
  void take_frontend(char type, std::string_view beginning);
  void take_start_up(std::string_view beginning);
  bool take_backend(char type, std::string_view beginning);

  WireMessages frontend_{false};
  WireMessages backend_{true};
  bool encrypted_ = false;
  bool commit_seen_ = false;
  std::set<std::string, std::less<>> statements_;  ///< prepared COMMITs, by name
  std::set<std::string, std::less<>> portals_;     ///< those that were bound
};

}  // namespace voyager::testing
