// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/change_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "engines/postgres/barrier_table.hpp"
#include "engines/postgres/pgoutput.hpp"
#include "engines/postgres/relation_book.hpp"
#include "engines/postgres/replication_feed.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

/// How much longer than asked next() may read on while there is something to read.
constexpr std::chrono::milliseconds longest_overrun{100};

using Clock = std::chrono::steady_clock;

/// An ordinary connection beside the stream, opened when it is first needed.
class SideSession {
 public:
  explicit SideSession(engine::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  Connection& get() {
    if (!connection_) connection_ = std::make_unique<Connection>(endpoint_);
    return *connection_;
  }
  void close() { connection_.reset(); }

 private:
  engine::Endpoint endpoint_;
  std::unique_ptr<Connection> connection_;
};

std::string start_command(const engine::CaptureNames& names, const Position& after,
                          const CaptureDialect& dialect) {
  // 0/0 means "from what was confirmed". A counter of a slot is never sent: its server would take
  // one beyond what was confirmed at its word, and forget what lies between.
  // Version 1 has all that is wanted: later ones add transactions that are not committed yet.
  return fmt::format(
      "START_REPLICATION SLOT {} LOGICAL {} (proto_version '1', publication_names {}{})",
      quote_identifier(names.slot),
      dialect.wal_positions ? format_lsn(from_position(after)) : "0/0",
      quote_literal(quote_identifier(names.publication)), dialect.stream_options);
}

FeedRules rules_of(const CaptureDialect& dialect) {
  return {dialect.confirms_keep_alives, dialect.wal_positions, dialect.internal_errors_pass,
          dialect.lost_remedy};
}

class Stream final : public engine::ChangeStream {
 public:
  Stream(const engine::Endpoint& endpoint, const engine::CaptureNames& names,
         const std::vector<Table>& tables, const Position& after, const StreamSetup& setup)
      : after_(after),
        publication_(names.publication),
        shows_opening_(setup.shows_opening),
        side_(endpoint),
        dialect_(setup.dialect(side_.get())),
        markers_(names),
        book_(
            tables, [this]() -> Connection& { return side_.get(); }, dialect_.row_versions),
        feed_(endpoint, start_command(names, after, dialect_), rules_of(dialect_)) {}

  std::optional<ChangeEvent> next(std::chrono::milliseconds wait) override;
  void wake_on(int descriptor) override { feed_.wake_on(descriptor); }
  void acknowledge(const DurablePosition& position) override;
  void before_confirming(std::function<void(const Position&)> record) override {
    feed_.before_confirming(
        [record = std::move(record)](Lsn confirmed) { record(to_position(confirmed)); });
  }
  Position caught_up_to() const override { return to_position(feed_.passed()); }
  std::optional<std::int64_t> bytes_behind() override;
  std::string history() const override { return feed_.history().text(); }
  bool continues(const std::string& earlier, const Position& position) const override {
    return feed_.history().holds(earlier, from_position(position));
  }

 private:
  struct Transaction {
    Begin begin;
    bool known = false;   ///< the caller has it already
    bool handed = false;  ///< its Begin was handed out
  };

  void accept(const pgoutput::BeginMessage& message);
  void accept(const pgoutput::CommitMessage& message);
  void accept(const pgoutput::RelationMessage& message) {
    if (!markers_.describe(message)) book_.describe(message);
  }
  void accept(const RowChange& change);
  void accept(const Truncate& truncate);
  void accept(const pgoutput::LogicalMessage& message);
  void accept(const pgoutput::Ignored&) {}
  void accept_marker(const RowChange& change);
  void hand_out_barrier(const std::string& id);
  bool hand_out_begin();
  void hand_out_relation(std::uint32_t id);
  std::optional<ChangeEvent> take_ready();
  void keep_slot_alive();

  Position after_;  // the caller has everything up to here
  std::string publication_;
  bool shows_opening_;
  SideSession side_;
  CaptureDialect dialect_;
  barriers::Rows markers_;
  RelationBook book_;
  pgoutput::Decoder decoder_;
  std::optional<Transaction> open_;
  // What one message of the plug-in became; its views die with the next message.
  std::vector<ChangeEvent> ready_;
  std::size_t taken_ = 0;
  Lsn confirmed_ = 0;  // when keep_slot_alive() last saw it change
  Clock::time_point confirmed_since_ = Clock::now();
  ReplicationFeed feed_;
};

std::optional<ChangeEvent> Stream::take_ready() {
  if (taken_ < ready_.size()) return std::move(ready_[taken_++]);
  ready_.clear();
  taken_ = 0;
  return std::nullopt;
}

std::optional<ChangeEvent> Stream::next(std::chrono::milliseconds wait) {
  if (auto event = take_ready()) return event;
  const auto deadline = Clock::now() + wait;
  auto left = wait;
  while (const auto message = feed_.read(left)) {
    std::visit([this](const auto& decoded) { accept(decoded); }, decoder_.decode(*message));
    if (auto event = take_ready()) return event;
    // What has arrived is read on even when the time is over: a message that is no event by itself
    // (a Begin, say) does not mean that there is nothing to hand out. But a long transaction that
    // is passed over must not keep the caller waiting.
    const auto now = Clock::now();
    if (now >= deadline + longest_overrun) break;
    left = std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(deadline - now));
  }
  keep_slot_alive();
  return std::nullopt;
}

/// Where only ends of transactions can be confirmed, an idle stream would look abandoned: its slot
/// would expire, and a restart would begin far back.
void Stream::keep_slot_alive() {
  if (dialect_.heartbeat.count() == 0) return;
  const auto now = Clock::now();
  const Lsn confirmed = feed_.confirmed();
  const bool moved = confirmed != confirmed_;
  confirmed_ = confirmed;
  if (!moved && now - confirmed_since_ < dialect_.heartbeat) return;
  confirmed_since_ = now;
  if (moved) return;
  try {
    barriers::write_heartbeat(side_.get(), publication_);
  } catch (const Error& error) {
    log::warn("no heartbeat for the replication slot: {}", error.what());
    side_.close();
  }
}

void Stream::accept(const pgoutput::BeginMessage& message) {
  if (open_) fail(malformed_stream, "a transaction began before the end of the one before it");
  Transaction transaction;
  transaction.begin = {to_position(message.commit), message.commit_unix_micros,
                       message.transaction_id};
  transaction.known = transaction.begin.position <= after_;
  open_ = std::move(transaction);
  feed_.update([](Confirmations& confirmations) { confirmations.begin(); });
}

void Stream::accept(const pgoutput::CommitMessage& message) {
  if (!open_ || open_->begin.position != to_position(message.commit))
    fail(malformed_stream, "the end of a transaction does not fit its beginning");
  const bool handed = open_->handed;
  feed_.update([&](Confirmations& confirmations) {
    if (handed) {
      confirmations.handed_out(message.commit, message.end);
    } else {
      confirmations.skipped(message.end);
    }
  });
  if (handed) {
    ready_.emplace_back(Commit{open_->begin.position});
    after_ = open_->begin.position;  // should the server send it again
  }
  open_.reset();
}

/// False when the events of the open transaction must not be handed out.
bool Stream::hand_out_begin() {
  if (!open_) fail(malformed_stream, "a change came outside of a transaction");
  if (open_->known) return false;
  if (!open_->handed) ready_.emplace_back(open_->begin);
  open_->handed = true;
  return true;
}

void Stream::hand_out_relation(std::uint32_t id) {
  if (const Relation* relation = book_.announce(id)) ready_.emplace_back(*relation);
}

void Stream::accept_marker(const RowChange& change) {
  const std::optional<std::string> id = markers_.id_of(change);
  if (id && (shows_opening_ || markers_.is_barrier(*id))) hand_out_barrier(*id);
}

void Stream::hand_out_barrier(const std::string& id) {
  if (hand_out_begin()) ready_.emplace_back(Barrier{id});
}

void Stream::accept(const RowChange& change) {
  if (markers_.holds(change.relation)) {
    accept_marker(change);
    return;
  }
  if (!hand_out_begin()) return;
  hand_out_relation(change.relation);
  ready_.emplace_back(change);
}

void Stream::accept(const Truncate& truncate) {
  if (truncate.relations.empty() || !hand_out_begin()) return;
  for (const std::uint32_t relation : truncate.relations) hand_out_relation(relation);
  ready_.emplace_back(truncate);
}

void Stream::accept(const pgoutput::LogicalMessage& message) {
  if (!message.transactional || message.prefix != barrier_prefix) return;
  hand_out_barrier(std::string(message.content));
}

void Stream::acknowledge(const DurablePosition& position) {
  const Lsn commit = from_position(position.position());
  feed_.update([commit](Confirmations& confirmations) { confirmations.acknowledge(commit); });
}

std::optional<std::int64_t> Stream::bytes_behind() {
  if (!dialect_.wal_positions) return std::nullopt;
  // The stream itself only says where it stands, not where the server does.
  try {
    const auto end = side_.get().scalar("SELECT pg_current_wal_flush_lsn()");
    const Lsn server = parse_lsn(end.value_or("0/0"));
    const Lsn passed = feed_.passed();
    if (passed == 0) return std::nullopt;
    return server > passed ? static_cast<std::int64_t>(server - passed) : 0;
  } catch (const Error& error) {
    log::debug("bytes behind are unknown: {}", error.what());
    side_.close();
    return std::nullopt;
  }
}

}  // namespace

std::unique_ptr<engine::ChangeStream> make_change_stream(const engine::Endpoint& endpoint,
                                                         const engine::CaptureNames& names,
                                                         const std::vector<Table>& tables,
                                                         const Position& after, StreamSetup setup) {
  return std::make_unique<Stream>(endpoint, names, tables, after, setup);
}

}  // namespace voyager::postgres
