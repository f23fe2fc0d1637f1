// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.hpp"
#include "base/mutex.hpp"
#include "engines/postgres/confirmations.hpp"
#include "engines/postgres/connection.hpp"
#include "engines/postgres/server_history.hpp"

namespace voyager::postgres {

/// What differs between servers on the wire.
struct FeedRules {
  bool confirms_keep_alives = true;
  bool tells_history = true;          ///< IDENTIFY_SYSTEM is there
  bool internal_errors_pass = false;  ///< errors of class XX are waited out as outages are
  std::string lost_remedy;            ///< when the slot can't deliver what is missing
};

/// The wire side of logical replication: messages in, status updates out.
///
/// A thread of its own sends a status update each five seconds, also while nobody reads, so that a
/// full disk here does not make the server end the connection; keep-alives that ask for a reply get
/// one at once. Threads: read() and wake_on() from one; update(), passed() and confirmed() from
/// any. Throws: Error with action reconnect when the connection broke, or nothing at all came for
/// network_patience(); E3201 (give_up) when the slot can't deliver any more. Source:
/// PostgreSQL 15 documentation, section 55.4 "Streaming Replication Protocol".
class ReplicationFeed {
 public:
  /// `command` is the whole START_REPLICATION.
  ReplicationFeed(const engine::Endpoint& endpoint, const std::string& command, FeedRules rules);
  ~ReplicationFeed();
  ReplicationFeed(const ReplicationFeed&) = delete;
  ReplicationFeed& operator=(const ReplicationFeed&) = delete;

  /// The next message of the plug-in, or nothing after `wait` (or a few milliseconds more while
  /// much comes) or when the wake descriptor is readable. The view lives until the next call.
  std::optional<std::string_view> read(std::chrono::milliseconds wait);
  void wake_on(int descriptor) { wake_ = descriptor; }
  /// Of the server that this stream is from.
  const ServerHistory& history() const { return history_; }

  /// Called with each position right before the server is told it the first time; when it throws,
  /// the server is not told. Without it the server is told at once.
  void before_confirming(std::function<void(Lsn)> record);

  void update(const std::function<void(Confirmations&)>& change);
  Lsn passed() const;
  /// What the server is told that it may forget.
  Lsn confirmed() const;

 private:
  struct FreeMemory {
    void operator()(char* memory) const noexcept;
  };
  enum class Waited { data, time, wake };

  void start(const std::string& command);
  Error translated(const Error& error) const;
  [[noreturn]] void throw_ended();
  void look();
  bool take_frame();
  std::optional<std::string_view> next_arrived();
  std::string_view frame() const { return {buffer_.get(), length_}; }
  void answer_keep_alive(std::string_view frame);
  Waited wait_for_data(std::chrono::steady_clock::time_point deadline);
  bool await_look(std::chrono::steady_clock::time_point deadline);
  Waited poll_for(std::chrono::milliseconds longest, bool socket_too);
  void check_silence() const;
  void record_confirmation();
  void send_status(bool ask_for_reply);
  bool wait_for_timer(const std::stop_token& stop);
  void feed_back(const std::stop_token& stop);

  FeedRules rules_;
  Connection connection_;
  ServerHistory history_;
  std::unique_ptr<char, FreeMemory> buffer_;
  std::size_t length_ = 0;
  int wake_ = -1;
  // The last look into the socket, and the bytes that were seen there.
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::int64_t found_ = 0;
  bool busy_ = false;  // so many that the next look can wait
  std::chrono::steady_clock::time_point heard_from_ = looked_;

  // Guards libpq's connection too, apart from waiting for its socket.
  mutable Mutex mutex_;
  std::condition_variable_any timer_;
  Confirmations confirmations_ GUARDED_BY(mutex_);
  Lsn recorded_ GUARDED_BY(mutex_) = 0;    // by record_
  bool heard_ GUARDED_BY(mutex_) = false;  // since the last status update
  Mutex recording_;                        // held while record_ is called, never inside mutex_
  std::function<void(Lsn)> record_ GUARDED_BY(recording_);
  std::jthread feedback_;  // last: it is joined before the rest goes
};

}  // namespace voyager::postgres
