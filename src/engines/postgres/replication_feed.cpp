// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/replication_feed.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A twelfth of the server's usual patience, and often enough to stay within ours: a server without
/// anything to say is asked for a reply with each status update, so silence means that the
/// connection is dead.
std::chrono::milliseconds status_interval() {
  return std::min<std::chrono::milliseconds>(5s, std::chrono::milliseconds(network_patience()) / 4);
}

/// Looking at the socket again at once finds a few hundred bytes at a time and wastes a core on
/// small reads. Of a busy stream the server gets longer, until nothing more fits here: then its
/// messages join in its socket and go out together, which for short changes halves its work; while
/// there is room here each is a packet of its own.
constexpr auto gathering_pause = 1ms;
constexpr auto busy_pause = 10ms;
constexpr std::int64_t busy_bytes_per_ms = 8 << 10;
/// The end of one look, so that a backlog does not grow in memory.
constexpr std::int64_t look_bytes = 2 << 20;
constexpr auto longest_look = 10ms;

constexpr std::size_t data_header = 1 + 8 + 8 + 8;        // 'w', start, end of WAL, clock
constexpr std::size_t keep_alive_length = 1 + 8 + 8 + 1;  // 'k', end of WAL, clock, reply requested
constexpr std::int64_t epoch_offset_micros = 946'684'800'000'000;  // 2000-01-01

void append_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFFU);
}

std::uint64_t number_at(std::string_view bytes, std::size_t offset) {
  std::uint64_t number = 0;
  for (const char c : bytes.substr(offset, 8))
    number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

/// A transaction that is larger than this on the server goes through its disk twice before it is
/// sent, which costs a quarter of its decoding; the default is 64 MB. Only what is in use is taken.
constexpr const char* raise_decoding_memory = R"(
SELECT set_config(name, '256MB', false) FROM pg_settings
 WHERE name = 'logical_decoding_work_mem' AND setting::bigint < 262144)";

std::chrono::milliseconds time_until(Clock::time_point moment) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(moment - Clock::now()), 0ms);
}

std::string status_update(Lsn written, Lsn durable, bool ask_for_reply) {
  std::string bytes = "r";
  append_number(bytes, written);
  append_number(bytes, durable);
  append_number(bytes, durable);
  append_number(bytes, static_cast<std::uint64_t>(unix_micros_now() - epoch_offset_micros));
  bytes += ask_for_reply ? '\1' : '\0';
  return bytes;
}

/// Whether a server error means that changes are lost.
bool is_lost(const Error& error) {
  // Invalidated; slot or publication dropped; log file removed.
  constexpr std::array<std::string_view, 3> states{"55000", "42704", "58P01"};
  if (std::find(states.begin(), states.end(), error.sqlstate()) != states.end()) return true;
  // YugabyteDB's change capture has no states of its own.
  // Source: its cdc_service.cc and issue 19437.
  constexpr std::array<std::string_view, 5> texts{
      "is expired for Tablet", "unpolled for too long", "Could not find CDC stream",
      "did not find a WAL message", "Failed to get the beforeimage"};
  const std::string_view message = error.what();
  return error.sqlstate().starts_with("XX") &&
         std::any_of(texts.begin(), texts.end(), [&](std::string_view text) {
           return message.find(text) != std::string_view::npos;
         });
}

}  // namespace

void ReplicationFeed::FreeMemory::operator()(char* memory) const noexcept {
  PQfreemem(memory);
}

/// What a server error means for the stream.
Error ReplicationFeed::translated(const Error& error) const {
  if (error.sqlstate() == "55006")  // our own earlier connection may linger
    return Error(slot_busy, Action::reconnect, error.what()).with_sqlstate(error.sqlstate());
  if (is_lost(error))
    return Error(slot_lost, Action::give_up,
                 fmt::format("the database can't deliver the changes that are missing: {}",
                             error.what()),
                 rules_.lost_remedy)
        .with_sqlstate(error.sqlstate());
  if (error.sqlstate().starts_with("XX")) {
    const Action action = rules_.internal_errors_pass ? Action::reconnect : Action::retry;
    return Error(statement_failed, action, error.what()).with_sqlstate(error.sqlstate());
  }
  return error;
}

ReplicationFeed::ReplicationFeed(const engine::Endpoint& endpoint, const std::string& command,
                                 FeedRules rules)
    : rules_(std::move(rules)), connection_(endpoint, ConnectionKind::replication) {
  start(command);
  feedback_ = std::jthread([this](const std::stop_token& stop) { feed_back(stop); });
}

ReplicationFeed::~ReplicationFeed() {
  feedback_.request_stop();
  feedback_.join();
  send_status(false);  // what was acknowledged last need not be sent again
}

void ReplicationFeed::start(const std::string& command) {
  // A site's shorter (or no) time-out must not rule a connection whose pace we know.
  set_if_possible(connection_, std::array{Setting{"wal_sender_timeout", "'60s'"}});
  connection_.execute(raise_decoding_memory);
  if (rules_.tells_history) history_ = read_history(connection_);
  try {
    connection_.execute(command);
  } catch (const Error& error) {
    throw translated(error);
  }
  // A send that would block must not hold the mutex.
  if (PQsetnonblocking(connection_.handle(), 1) != 0)
    throw Error(connection_lost, Action::reconnect, "the replication connection can't be used");
}

void ReplicationFeed::throw_ended() {
  try {
    connection_.finish_copy();
  } catch (const Error& error) {
    throw translated(error);
  }
  throw Error(connection_lost, Action::reconnect, "the server ended the change stream");
}

/// From libpq's buffer alone.
bool ReplicationFeed::take_frame() {
  MutexLock lock(mutex_);
  buffer_.reset();
  char* bytes = nullptr;
  const int length = PQgetCopyData(connection_.handle(), &bytes, 1);
  buffer_.reset(bytes);
  length_ = static_cast<std::size_t>(std::max(length, 0));
  if (length < 0) throw_ended();
  if (length == 0) return false;
  heard_ = true;
  heard_from_ = looked_;
  return true;
}

/// Moves what is in the socket into libpq's buffer.
void ReplicationFeed::look() {
  MutexLock lock(mutex_);
  PGconn* const handle = connection_.handle();
  // An empty socket is read too, which finds its end; of an encrypted one up to 16 KiB wait beyond
  // the socket, of which libpq takes no less than 8 at once.
  const int empty_reads = PQsslInUse(handle) != 0 || PQgssEncInUse(handle) != 0 ? 3 : 1;
  const auto before = std::exchange(looked_, Clock::now());
  found_ = 0;
  std::int64_t left = 0;
  int empty = 0;
  do {
    int waiting = 0;
    ioctl(PQsocket(handle), FIONREAD, &waiting);
    found_ += std::max<std::int64_t>(waiting - left, 0);
    left = waiting;
    // Of an encrypted stream it may take one message alone.
    const bool open = PQconsumeInput(handle) == 1;
    // What came before the end is handed out first; the next look finds the end again.
    if (!open && found_ == 0) throw_ended();
    if (!open) return;
    if (waiting == 0) ++empty;
  } while (empty < empty_reads && found_ - left < look_bytes &&
           Clock::now() < looked_ + longest_look);
  busy_ = found_ > busy_bytes_per_ms *
                       std::chrono::ceil<std::chrono::milliseconds>(looked_ - before).count();
}

void ReplicationFeed::answer_keep_alive(std::string_view frame) {
  if (frame.size() < keep_alive_length)
    fail(malformed_stream, "the server sent a keep-alive that is too short");
  const Lsn wal_end = number_at(frame, 1);
  if (rules_.confirms_keep_alives)
    update([wal_end](Confirmations& confirmations) { confirmations.keep_alive(wal_end); });
  if (frame[keep_alive_length - 1] != '\0') send_status(false);
}

ReplicationFeed::Waited ReplicationFeed::poll_for(std::chrono::milliseconds longest,
                                                  bool socket_too) {
  std::array<pollfd, 2> watched{pollfd{wake_, POLLIN, 0},
                                pollfd{PQsocket(connection_.handle()), POLLIN, 0}};
  // poll() passes over an entry with a negative descriptor, so that no wake descriptor is fine.
  const int ready = poll(watched.data(), socket_too ? 2 : 1, static_cast<int>(longest.count()));
  if (ready <= 0) return Waited::time;
  return watched[0].revents != 0 ? Waited::wake : Waited::data;
}

/// Time in which nobody read counts too: what came meanwhile would be here now.
void ReplicationFeed::check_silence() const {
  if (Clock::now() - heard_from_ < network_patience()) return;
  throw Error(connection_lost, Action::reconnect,
              fmt::format("nothing came on the replication connection for {} seconds",
                          network_patience().count()));
}

ReplicationFeed::Waited ReplicationFeed::wait_for_data(Clock::time_point deadline) {
  // At most a second, because a status update that finds the socket full lets libpq read: what it
  // reads is not seen by poll().
  const Waited waited =
      poll_for(std::min<std::chrono::milliseconds>(time_until(deadline), 1s), true);
  if (waited != Waited::data) check_silence();
  return waited;
}

/// Whether the socket is worth a look now, after a wait.
bool ReplicationFeed::await_look(Clock::time_point deadline) {
  if (found_ == 0) return wait_for_data(deadline) != Waited::wake;
  const auto due = looked_ + (busy_ ? busy_pause : gathering_pause);
  if (due > deadline && !busy_) return false;
  return poll_for(time_until(due), false) != Waited::wake;
}

/// Nothing when the buffer has no whole message of the plug-in.
std::optional<std::string_view> ReplicationFeed::next_arrived() {
  while (take_frame()) {
    if (frame()[0] == 'w' && length_ >= data_header) return frame().substr(data_header);
    if (frame()[0] != 'k') fail(malformed_stream, "the server sent an unknown replication message");
    answer_keep_alive(frame());
  }
  return std::nullopt;
}

std::optional<std::string_view> ReplicationFeed::read(std::chrono::milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  for (;;) {
    if (const auto message = next_arrived()) return message;
    if (!await_look(deadline)) return std::nullopt;
    look();
    if (found_ == 0 && Clock::now() >= deadline) return std::nullopt;
  }
}

void ReplicationFeed::update(const std::function<void(Confirmations&)>& change) {
  MutexLock lock(mutex_);
  change(confirmations_);
}

Lsn ReplicationFeed::passed() const {
  MutexLock lock(mutex_);
  return confirmations_.passed();
}

Lsn ReplicationFeed::confirmed() const {
  MutexLock lock(mutex_);
  return confirmations_.durable();
}

void ReplicationFeed::before_confirming(std::function<void(Lsn)> record) {
  MutexLock lock(recording_);
  record_ = std::move(record);
}

/// Not under mutex_: it may take a while, and the reader goes on meanwhile.
void ReplicationFeed::record_confirmation() {
  MutexLock one_at_a_time(recording_);
  const Lsn wanted = confirmed();
  {
    MutexLock lock(mutex_);
    if (wanted <= recorded_) return;
  }
  try {
    if (record_) record_(wanted);
  } catch (const Error& error) {
    log::warn("the server keeps its log for now: {}", error.line());
    return;
  }
  MutexLock lock(mutex_);
  recorded_ = wanted;
}

void ReplicationFeed::send_status(bool ask_for_reply) {
  record_confirmation();
  MutexLock lock(mutex_);
  const std::string bytes = status_update(confirmations_.passed(), recorded_, ask_for_reply);
  heard_ = false;
  // A broken connection is noticed by the reader; a full socket empties with the next status
  // update.
  if (PQputCopyData(connection_.handle(), bytes.data(), static_cast<int>(bytes.size())) == 1)
    PQflush(connection_.handle());
}

bool ReplicationFeed::wait_for_timer(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  timer_.wait_for(mutex_, stop, status_interval(), [] { return false; });
  return heard_;
}

void ReplicationFeed::feed_back(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool heard = wait_for_timer(stop);
    if (!stop.stop_requested()) send_status(!heard);
  }
}

}  // namespace voyager::postgres
