// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <chrono>
#include <unordered_map>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/exported_counts.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/record_writer.hpp"
#include "exportdir/segment_scan.hpp"

namespace voyager::exportdir {
namespace {

using change_log::BeginRecord;
using change_log::CommitRecord;
using change_log::CommittedMark;
using change_log::ExportedCounts;
using change_log::RecordWriter;
using change_log::SegmentContent;
using Clock = std::chrono::steady_clock;

constexpr ErrorCode cannot_write{2101};
constexpr ErrorCode segment_is_gone{2103};
constexpr ErrorCode second_writer{2105};
constexpr ErrorCode out_of_place{2106};
constexpr ErrorCode meta_too_old{2110};
/// Each costs a transaction in meta.db; people who watch need no more.
constexpr std::chrono::seconds progress_interval{1};
/// A transaction is shown in parts once so much of it is in the file. Before the first part, what
/// is committed in front of it becomes durable, and that costs a sync.
constexpr std::uint64_t open_part_bytes = 512ULL << 10;

File open_mark(const Layout& layout) {
  make_directory(layout.queue());
  File file = File::open(layout.committed(), File::Mode::read_write);
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) != 0)
    fail(second_writer, "another process writes the change log of this export directory",
         "Wait for it to end, or stop it");
  return file;
}

std::optional<CommittedMark> read_mark(const File& file) {
  std::string text(file.size(), '\0');
  text.resize(file.read_at(0, text));
  return change_log::decode_mark(text);
}

/// What the writer knows about a relation of the stream.
struct Known {
  Relation relation;
  ExportedCounts::Table* counts = nullptr;
};

}  // namespace

struct ChangeLogWriter::State {
  State(const Layout& place, MetaDb& meta_db, std::string exporter_role, ChangeLogLimits bounds)
      : layout(place),
        meta(meta_db),
        role(std::move(exporter_role)),
        limits(bounds),
        mark_file(open_mark(place)) {}

  void open();
  void close() noexcept;
  void continue_segment(const SegmentRecord& newest);
  void refuse_older_meta(std::int64_t newest_segment,
                         const std::optional<CommittedMark>& mark) const;
  void adopt(SegmentContent content);
  RecordWriter create_segment(const SegmentRecord& record);
  void rotate();

  void take(const Begin& begin);
  void take(const Relation& relation);
  void take(const RowChange& row);
  void take(const Truncate& truncate);
  void take(const Barrier& barrier);
  void take(const Commit& commit);
  const Known& known(std::uint32_t id) const;
  void expect_transaction(bool open) const;
  void discard();

  /// Adds an event's record; rotation's own records don't count as unflushed.
  template <typename Record>
  void put(const Record& record) {
    if (part_is_due()) show_open_part();
    written += file->put(record);
  }

  void make_durable();
  void publish();
  void write_mark(CommittedMark mark);
  bool part_is_due() const;
  void show_open_part();
  void take_open_part_back();
  void record_progress();

  const Layout layout;
  MetaDb& meta;
  const std::string role;
  const ChangeLogLimits limits;
  File mark_file;
  std::optional<RecordWriter> file;
  SegmentRecord segment;  ///< as meta.db has it, or shall have it at the next progress
  bool ended = false;     ///< the segment's last record is written, its successor is not there yet

  std::unordered_map<std::uint32_t, Known> relations;
  ExportedCounts counts;
  CommittedMark committed;     ///< the last commit, durable or not
  CommittedMark durable;       ///< the last commit that a sync has covered
  CommittedMark published;     ///< what readers may see
  std::uint64_t open_end = 0;  ///< of the part of a transaction that readers may see, or have seen
  std::int64_t epoch = unix_micros_now();
  std::uint64_t written = 0;  ///< bytes appended by this object
  std::uint64_t written_at_flush = 0;
  bool progress_is_new = false;  ///< something is durable that meta.db does not know
  Clock::time_point progress_at = Clock::now();

  // Of the open transaction:
  bool in_transaction = false;
  bool shown = false;    ///< readers may see a part of it
  std::int64_t vsn = 0;  ///< of the last event
  std::vector<std::pair<std::uint32_t, std::optional<Known>>> replaced;
  std::uint64_t written_before = 0;
};

void ChangeLogWriter::State::open() {
  const std::vector<SegmentRecord> segments = meta.segments();
  if (!segments.empty()) {
    continue_segment(segments.back());
    return;
  }
  refuse_older_meta(0, read_mark(mark_file));
  segment.number = 1;
  segment.first_vsn = 1;
  segment.exporter_role = role;
  file.emplace(create_segment(segment));
  segment.committed_bytes = static_cast<std::int64_t>(file->committed_size());
  meta.put_segment(segment);
  committed = {segment.number, file->committed_size(), 0, Position()};
  durable = committed;
  publish();
}

void ChangeLogWriter::State::continue_segment(const SegmentRecord& newest) {
  if (newest.deleted || !std::filesystem::exists(layout.segment(newest.number)))
    fail(segment_is_gone,
         fmt::format("{} is gone, and the change log can't go on without its newest segment",
                     layout.segment(newest.number).string()),
         "Put it back; if it is lost, the migration must start anew");
  const auto mark = read_mark(mark_file);
  refuse_older_meta(newest.number, mark);
  auto known_bytes = static_cast<std::uint64_t>(newest.committed_bytes);
  if (mark) {
    published = *mark;
    epoch = mark->epoch;
    if (mark->segment == newest.number) known_bytes = std::max(known_bytes, mark->bytes);
  }
  const std::int64_t counted = meta.counted_through();
  SegmentContent content =
      change_log::scan_segment(layout.segment(newest.number), counted, known_bytes);
  segment = newest;
  ended = content.ended;
  const std::uint64_t end = content.ended ? content.end_bytes : content.committed_bytes;
  if (published.open_bytes > end) take_open_part_back();
  file.emplace(layout.segment(newest.number), change_log::SegmentEnds{end, content.committed_bytes},
               limits.packs);
  const auto uncounted = std::move(content.uncounted);
  const std::uint32_t version = content.head.version;
  adopt(std::move(content));
  segment.last_vsn = committed.last_vsn;
  segment.committed_bytes = static_cast<std::int64_t>(committed.bytes);
  meta.record_progress(segment, uncounted);
  if (segment.exporter_role != role) {
    committed.position = {};  // positions of another database mean nothing here
    relations.clear();
    durable.position = {};
    rotate();
  } else if (version != change_log::format_version) {
    rotate();
  }
  publish();
}

/// A segment that meta.db does not name is made anew, from its first byte: but not one with
/// transactions, which only a meta.db of an earlier time does not name.
void ChangeLogWriter::State::refuse_older_meta(std::int64_t newest_segment,
                                               const std::optional<CommittedMark>& mark) const {
  const std::int64_t unknown = newest_segment + 1;
  if (!(mark && mark->segment > newest_segment) &&
      !change_log::has_transactions(layout.segment(unknown)))
    return;
  fail(
      meta_too_old,
      fmt::format("{} has changes, and {} does not know it: that file is older than the change log",
                  layout.segment(unknown).string(), layout.meta_db().string()),
      "Put the newest meta.db back, or the whole export directory from its newest copy");
}

void ChangeLogWriter::State::adopt(SegmentContent content) {
  for (auto& [id, relation] : content.relations) {
    ExportedCounts::Table* table = counts.table(relation.table);
    relations[id] = {std::move(relation), table};
  }
  committed = {segment.number, content.committed_bytes, content.last_vsn,
               std::move(content.last_position)};
  durable = committed;
  vsn = committed.last_vsn;
}

/// Head and relations are durable before meta.db hears of the segment: a recorded one is never torn
/// there.
RecordWriter ChangeLogWriter::State::create_segment(const SegmentRecord& record) {
  RecordWriter next(layout.segment(record.number), {}, limits.packs);
  change_log::SegmentHead head;
  head.exporter_role = role;
  head.number = record.number;
  head.first_vsn = record.first_vsn;
  head.position = committed.position;
  next.put_alone(head);
  for (const auto& [id, known] : relations) next.put(known.relation);
  next.commit();
  next.sync();
  sync_directory(layout.queue());
  VOYAGER_FAILPOINT("change_log.segment_created");
  return next;
}

/// Every step may fail and be done again.
void ChangeLogWriter::State::rotate() {
  if (!ended) file->put_alone(change_log::SegmentEnd{committed.last_vsn});
  ended = true;
  make_durable();
  record_progress();
  SegmentRecord next;
  next.number = segment.number + 1;
  next.exporter_role = role;
  next.first_vsn = committed.last_vsn + 1;
  next.last_vsn = committed.last_vsn;
  RecordWriter next_file = create_segment(next);
  next.committed_bytes = static_cast<std::int64_t>(next_file.committed_size());
  SegmentRecord sealed = segment;
  sealed.sealed = true;
  meta.begin_segment(sealed, next);
  VOYAGER_FAILPOINT("change_log.segment_recorded");
  log::info("change log: segment {} is full at {} bytes, segment {} begins with vsn {}",
            sealed.number, sealed.committed_bytes, next.number, next.first_vsn);
  file.emplace(std::move(next_file));
  segment = next;
  ended = false;
  open_end = 0;
  committed.segment = next.number;
  committed.bytes = file->committed_size();
  durable = committed;
}

void ChangeLogWriter::State::take(const Begin& begin) {
  expect_transaction(false);
  const bool has_events = committed.last_vsn >= segment.first_vsn;
  if (ended || (has_events && file->size() >= limits.segment_bytes)) rotate();
  written_before = written;
  put(BeginRecord{begin, committed.last_vsn});
  in_transaction = true;
  shown = false;
}

void ChangeLogWriter::State::take(const Relation& relation) {
  expect_transaction(true);
  put(relation);
  ExportedCounts::Table* table = counts.table(relation.table);
  const auto found = relations.find(relation.id);
  std::optional<Known> before;
  if (found != relations.end()) before = std::move(found->second);
  replaced.emplace_back(relation.id, std::move(before));
  relations[relation.id] = {relation, table};
}

void ChangeLogWriter::State::take(const RowChange& row) {
  expect_transaction(true);
  const Known& at = known(row.relation);
  const std::size_t columns = at.relation.columns.size();
  const auto fits = [columns](std::span<const Value> values) {
    return values.empty() || values.size() == columns;
  };
  if (!fits(row.before) || !fits(row.after))
    fail(out_of_place, fmt::format("a change of {} does not have the {} columns of its relation",
                                   at.relation.table.display(), columns));
  put(row);
  ++vsn;
  counts.row(at.counts, row.operation);
}

void ChangeLogWriter::State::take(const Truncate& truncate) {
  expect_transaction(true);
  for (const std::uint32_t id : truncate.relations) static_cast<void>(known(id));
  put(truncate);
  ++vsn;
  for (const std::uint32_t id : truncate.relations) counts.truncate(known(id).counts);
}

void ChangeLogWriter::State::take(const Barrier& barrier) {
  expect_transaction(true);
  put(barrier);
  ++vsn;
}

void ChangeLogWriter::State::take(const Commit& commit) {
  expect_transaction(true);
  put(CommitRecord{commit, vsn});
  file->commit();
  committed.last_vsn = vsn;
  committed.position = commit.position;
  counts.commit();
  replaced.clear();
  in_transaction = false;
}

const Known& ChangeLogWriter::State::known(std::uint32_t id) const {
  const auto found = relations.find(id);
  if (found == relations.end())
    fail(out_of_place,
         fmt::format("a change names relation {}, which the stream never described", id));
  return found->second;
}

void ChangeLogWriter::State::expect_transaction(bool open) const {
  if (in_transaction == open) return;
  fail(out_of_place, open ? "a change came outside of a transaction"
                          : "a transaction began inside of another one");
}

void ChangeLogWriter::State::discard() {
  if (!in_transaction) return;
  if (shown) take_open_part_back();
  file->cut_to_commit();
  std::reverse(replaced.begin(), replaced.end());
  for (auto& [id, before] : replaced) {
    if (before) {
      relations[id] = std::move(*before);
    } else {
      relations.erase(id);
    }
  }
  replaced.clear();
  counts.discard();
  vsn = committed.last_vsn;
  written = std::max(written_before, written_at_flush);
  in_transaction = false;
}

void ChangeLogWriter::State::make_durable() {
  file->sync();
  committed.bytes = file->committed_size();
  durable = committed;
  counts.make_durable();
  segment.last_vsn = durable.last_vsn;
  segment.committed_bytes = static_cast<std::int64_t>(durable.bytes);
  progress_is_new = true;
  VOYAGER_FAILPOINT("change_log.durable");
}

/// The file is small and is written anew at each open, so it needn't be durable itself.
void ChangeLogWriter::State::publish() {
  CommittedMark mark = durable;
  mark.open_bytes = open_end;
  mark.epoch = epoch;
  write_mark(std::move(mark));
}

void ChangeLogWriter::State::write_mark(CommittedMark mark) {
  if (published == mark) return;
  try {
    mark_file.write_at(0, change_log::encode_mark(mark));
  } catch (const Error& error) {
    throw Error(cannot_write, Action::retry, error.what(), error.remedy());
  }
  published = std::move(mark);
}

bool ChangeLogWriter::State::part_is_due() const {
  const std::uint64_t size = file->written_size();
  return in_transaction && size > open_end && size - file->committed_size() >= open_part_bytes;
}

/// Whoever applies it may begin with the transaction before its end has come. A part need not be
/// durable: nobody keeps anything of it before its commit is.
void ChangeLogWriter::State::show_open_part() {
  if (durable != committed) make_durable();
  open_end = file->written_size();
  publish();
  shown = true;
  VOYAGER_FAILPOINT("change_log.part_shown");
}

/// Before the bytes themselves change.
void ChangeLogWriter::State::take_open_part_back() {
  epoch = std::max(epoch + 1, unix_micros_now());
  open_end = 0;
  CommittedMark mark = published;
  mark.open_bytes = 0;
  mark.epoch = epoch;
  write_mark(std::move(mark));
}

void ChangeLogWriter::State::record_progress() {
  if (!progress_is_new) return;
  VOYAGER_FAILPOINT("change_log.before_progress");
  meta.record_progress(segment, counts.durable());
  counts.forget_durable();
  progress_is_new = false;
  progress_at = Clock::now();
}

void ChangeLogWriter::State::close() noexcept {
  try {
    record_progress();
  } catch (const std::exception& error) {
    // Nothing is lost: the next open counts these events from the log.
    log::warn("change log: the counts could not be recorded: {}", error.what());
  }
}

ChangeLogWriter::ChangeLogWriter(const Layout& layout, MetaDb& meta, std::string exporter_role,
                                 ChangeLogLimits limits)
    : state_(std::make_unique<State>(layout, meta, std::move(exporter_role), limits)) {
  state_->open();
}

ChangeLogWriter::~ChangeLogWriter() {
  state_->close();
}

const Position& ChangeLogWriter::last_position() const {
  return state_->committed.position;
}

std::int64_t ChangeLogWriter::last_vsn() const {
  return state_->vsn;
}

void ChangeLogWriter::append(const ChangeEvent& event) {
  std::visit([this](const auto& one) { state_->take(one); }, event);
}

void ChangeLogWriter::discard_open_transaction() {
  state_->discard();
}

DurablePosition ChangeLogWriter::flush() {
  State& state = *state_;
  if (state.durable != state.committed) state.make_durable();
  state.publish();
  state.written_at_flush = state.written;
  if (Clock::now() - state.progress_at >= progress_interval) state.record_progress();
  return durable(state.durable.position);
}

std::uint64_t ChangeLogWriter::unflushed_bytes() const {
  return state_->written - state_->written_at_flush;
}

}  // namespace voyager::exportdir
