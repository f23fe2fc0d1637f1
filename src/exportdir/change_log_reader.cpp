// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "exportdir/change_log.hpp"
#include "exportdir/meta_db.hpp"
#include "exportdir/record_reader.hpp"
#include "exportdir/segment_scan.hpp"

namespace voyager::exportdir {
namespace {

using change_log::CommitRecord;
using change_log::CommittedMark;
using change_log::Place;
using change_log::RecordKind;
using change_log::RecordReader;
using Event = ChangeLogReader::Event;

constexpr ErrorCode damaged{2102};
constexpr ErrorCode segment_is_gone{2103};
constexpr ErrorCode log_too_old{2109};

/// Follows the file by which the writer publishes.
class MarkReader {
 public:
  explicit MarkReader(std::filesystem::path path) : path_(std::move(path)) {}

  const CommittedMark& refresh() {
    if (!file_.is_open() && std::filesystem::exists(path_))
      file_ = File::open(path_, File::Mode::read);
    if (!file_.is_open()) return mark_;
    text_.resize(file_.size());
    text_.resize(file_.read_at(0, text_));
    // A half-written mark is not taken; the bell rings again when it is whole.
    if (auto mark = change_log::decode_mark(text_)) mark_ = std::move(*mark);
    return mark_;
  }
  const CommittedMark& mark() const { return mark_; }

 private:
  std::filesystem::path path_;
  File file_;
  std::string text_;
  CommittedMark mark_;  ///< segment 0: nothing was ever published
};

/// The relations at a place of the log, with the way back to an earlier place.
class RelationHistory {
 public:
  /// True when this is news.
  bool learn(std::int64_t segment, Place place, const Relation& relation) {
    const auto known = now_.find(relation.id);
    if (known != now_.end() && known->second == relation) return false;
    now_[relation.id] = relation;
    history_.push_back({segment, place, relation});
    return true;
  }
  const Relation* find(std::uint32_t id) const {
    const auto known = now_.find(id);
    return known == now_.end() ? nullptr : &known->second;
  }
  /// Back to what was known before this place; gives the ids of all that.
  std::vector<std::uint32_t> go_back(std::int64_t segment, Place place) {
    const auto later = [&](const Learned& learned) {
      return std::pair(learned.segment, learned.place) >= std::pair(segment, place);
    };
    while (!history_.empty() && later(history_.back())) history_.pop_back();
    now_.clear();
    for (const Learned& learned : history_) now_[learned.relation.id] = learned.relation;
    std::vector<std::uint32_t> ids;
    for (const auto& [id, relation] : now_) ids.push_back(id);
    return ids;
  }

 private:
  struct Learned {
    std::int64_t segment = 0;
    Place place;
    Relation relation;
  };
  std::map<std::uint32_t, Relation> now_;
  std::vector<Learned> history_;
};

}  // namespace

struct ChangeLogReader::State {
  State(const Layout& place, MetaDb& meta_db, std::int64_t after_vsn, Reach how_far)
      : layout(place), meta(meta_db), reach(how_far), marks(place.committed()) {
    start_after(after_vsn);
  }

  void start_after(std::int64_t after_vsn);
  bool locate();
  void check_not_too_old(const SegmentRecord& newest) const;
  void open_segment(std::int64_t number);
  bool open_if_there(std::int64_t number);
  bool open_file(const std::filesystem::path& path);
  std::optional<SegmentRecord> record_of(std::int64_t number) const;
  std::uint64_t limit();
  std::optional<RecordReader::Head> peek();
  std::optional<RecordReader::Head> peek_open();
  bool may_begin_open() const;
  bool next_is_open();
  void refresh();
  bool has_more();
  std::string_view body(const RecordReader::Head& head);

  /// What becomes of the record that is looked at: an event to hand out, or nothing.
  std::optional<Event> take(const RecordReader::Head& head);
  std::optional<Event> take_begin(const RecordReader::Head& head);
  std::optional<Event> take_relation(const RecordReader::Head& head);
  std::optional<Event> take_commit(const RecordReader::Head& head);
  std::optional<Event> take_row(const RecordReader::Head& head);
  std::optional<Event> take_other(const RecordReader::Head& head);
  std::optional<Event> next_segment();
  std::optional<Event> next_unannounced();
  bool skip_transaction();
  void end_transaction(const CommitRecord& commit);
  void expect_transaction(bool open) const;

  Event event(ChangeEvent change) const { return {std::move(change), vsn, role}; }
  [[noreturn]] void fail_here(std::string_view what) const;
  [[noreturn]] void fail_gone(std::int64_t number) const;

  const Layout layout;
  MetaDb& meta;
  const Reach reach;
  MarkReader marks;
  std::unique_ptr<Bell> bell;  ///< made by the first wait: many readers never wait

  std::optional<RecordReader> records;  ///< none until the first segment is known
  std::filesystem::path file;           ///< that they are read from
  std::int64_t segment = 0;
  std::uint64_t sealed_bytes = 0;  ///< size of the segment once a later one is published, else 0
  std::string role;
  RelationHistory relations;
  std::vector<std::uint32_t> unannounced;  ///< relations that were learned without an event
  change_log::RowValues values;
  std::int64_t vsn = 0;
  std::int64_t skip_through = 0;
  bool skipping = true;
  bool in_transaction = false;
  std::optional<std::int64_t> epoch;  ///< of the transaction's beginning, when it was open then
  bool taken_back = false;
  std::int64_t left_alone_after = -1;  ///< a transaction that is open and begins after this vsn
  ReadPosition resume;                 ///< segment 0: by its vsn alone
};

void ChangeLogReader::State::start_after(std::int64_t after_vsn) {
  records.reset();
  segment = 0;
  relations = {};
  unannounced.clear();
  vsn = after_vsn;
  skip_through = after_vsn;
  skipping = true;
  in_transaction = false;
  epoch.reset();
  taken_back = false;
  resume = {0, 0, 0, after_vsn};
}

/// The newest segment that can hold the first wanted event.
bool ChangeLogReader::State::locate() {
  if (records) return true;
  if (marks.refresh().segment == 0) return false;
  const std::vector<SegmentRecord> segments = meta.segments();
  if (segments.empty()) return false;
  const auto after = std::find_if(segments.begin(), segments.end(), [&](const SegmentRecord& one) {
    return one.first_vsn > skip_through + 1;
  });
  if (after == segments.begin())
    fail(segment_is_gone, fmt::format("the change log begins with vsn {}, vsn {} is wanted",
                                      segments.front().first_vsn, skip_through + 1));
  check_not_too_old(segments.back());
  open_segment(std::prev(after)->number);
  return true;
}

/// A log that was put back from an older copy would give numbers to new events that the database
/// has seen already, and they would be passed over. The published mark may be older than the log,
/// after a power failure: then the log itself is asked.
void ChangeLogReader::State::check_not_too_old(const SegmentRecord& newest) const {
  if (marks.mark().last_vsn >= skip_through || newest.deleted) return;
  const auto path = layout.segment(newest.number);
  const std::int64_t last =
      std::filesystem::exists(path) ? change_log::scan_segment(path, 0, 0).last_vsn : 0;
  if (last >= skip_through) return;
  fail(
      log_too_old,
      fmt::format("the change log ends with event {}, but the database has event {} already: {} is "
                  "older than the database",
                  last, skip_through, layout.root().string()),
      "Put the newest copy of the export directory back; if there is none, the migration must "
      "start anew");
}

void ChangeLogReader::State::open_segment(std::int64_t number) {
  if (!open_if_there(number)) fail_gone(number);
}

/// False, with nothing changed, when the segment is neither in data/queue nor where it was moved.
bool ChangeLogReader::State::open_if_there(std::int64_t number) {
  if (!open_file(layout.segment(number))) {
    // A move is recorded before the segment leaves data/queue, so the record tells by now.
    const auto record = record_of(number);
    if (!record || !record->archived || !open_file(record->archive_location)) return false;
  }
  segment = number;
  sealed_bytes = 0;
  const auto head = records->peek(records->file_size());
  if (!head || head->kind != RecordKind::segment_head) fail_here("there is no head");
  change_log::SegmentHead content = change_log::decode_segment_head(body(*head));
  if (content.number != number) fail_here("the head names another segment");
  role = std::move(content.exporter_role);
  vsn = content.first_vsn - 1;
  records->advance(*head);
  records->forget();  // what follows may still be cut off and written anew
  return true;
}

bool ChangeLogReader::State::open_file(const std::filesystem::path& path) {
  std::error_code unreachable;  // for example below a directory that is not mounted
  if (!std::filesystem::exists(path, unreachable)) return false;
  try {
    records = RecordReader(path);
  } catch (const Error&) {
    // Removed just now is the same as not there.
    if (std::filesystem::exists(path, unreachable)) throw;
    return false;
  }
  file = path;
  return true;
}

std::optional<SegmentRecord> ChangeLogReader::State::record_of(std::int64_t number) const {
  for (SegmentRecord& record : meta.segments()) {
    if (record.number == number) return std::move(record);
  }
  return std::nullopt;
}

/// Up to where the present segment may be read.
std::uint64_t ChangeLogReader::State::limit() {
  const CommittedMark& mark = marks.mark();
  if (mark.segment < segment) return 0;
  if (mark.segment == segment) return mark.bytes;
  if (sealed_bytes == 0) sealed_bytes = records->file_size();
  return sealed_bytes;
}

/// The next record, or nothing at the end of what may be read.
std::optional<RecordReader::Head> ChangeLogReader::State::peek() {
  const std::uint64_t offset = records->place().offset;
  if (taken_back) return std::nullopt;
  if (offset >= limit()) {
    if (auto head = peek_open()) return head;
    refresh();
    if (taken_back) return std::nullopt;
    if (offset >= limit() && marks.mark().segment <= segment) return peek_open();
  }
  auto head = records->peek(limit());
  if (!head) fail_here("a record is torn or a checksum does not match");
  return head;
}

/// Of the transaction that is open in the log, but not its end: that is one when it is committed.
std::optional<RecordReader::Head> ChangeLogReader::State::peek_open() {
  if (in_transaction && !epoch) fail_here("a committed transaction has no end");
  const std::uint64_t open_bytes = marks.mark().open_bytes;
  if (!(epoch || may_begin_open()) || records->place().offset >= open_bytes) return std::nullopt;
  auto head = records->peek(open_bytes);
  if (head && head->kind != RecordKind::commit) return head;
  if (!head) records->forget();  // torn: it is being taken back
  return std::nullopt;
}

bool ChangeLogReader::State::may_begin_open() const {
  const CommittedMark& mark = marks.mark();
  return reach == Reach::open_transactions && !in_transaction && mark.segment == segment &&
         mark.open_bytes > mark.bytes && records->place().offset == mark.bytes &&
         vsn >= skip_through && vsn != left_alone_after;
}

void ChangeLogReader::State::refresh() {
  marks.refresh();
  if (epoch && *epoch != marks.mark().epoch) taken_back = true;
}

bool ChangeLogReader::State::next_is_open() {
  if (!locate()) return false;
  while (const auto head = peek()) {
    if (head->kind == RecordKind::begin) return may_begin_open();
    static_cast<void>(take(*head));  // between transactions there is no event
  }
  return false;
}

/// That next() would give. Looks at the mark anew.
bool ChangeLogReader::State::has_more() {
  refresh();
  const CommittedMark& mark = marks.mark();
  if (!records) return mark.last_vsn > skip_through;
  if (taken_back) return true;
  const std::uint64_t offset = records->place().offset;
  return std::pair(mark.segment, mark.bytes) > std::pair(segment, offset) ||
         peek_open().has_value();
}

std::string_view ChangeLogReader::State::body(const RecordReader::Head& head) {
  const auto bytes = records->body(head);
  if (!bytes) fail_here("a checksum does not match");
  return *bytes;
}

std::optional<Event> ChangeLogReader::State::take(const RecordReader::Head& head) {
  switch (head.kind) {
    case RecordKind::begin:
      return take_begin(head);
    case RecordKind::relation:
      return take_relation(head);
    case RecordKind::row:
      return take_row(head);
    case RecordKind::truncate:
    case RecordKind::barrier:
      return take_other(head);
    case RecordKind::commit:
      return take_commit(head);
    case RecordKind::segment_end:
      return next_segment();
    case RecordKind::segment_head:
    case RecordKind::batch:
    case RecordKind::packed_batch:
      break;
  }
  fail_here("a record has an unknown kind");
}

std::optional<Event> ChangeLogReader::State::take_begin(const RecordReader::Head& head) {
  expect_transaction(false);
  change_log::BeginRecord record = change_log::decode_begin(body(head), head.encoding);
  if (record.before_vsn != vsn) fail_here("events are missing before a transaction");
  if (skipping && vsn < skip_through && skip_transaction()) return std::nullopt;
  skipping = false;
  if (records->place().offset >= limit()) epoch = marks.mark().epoch;
  records->advance(head);
  in_transaction = true;
  return event(std::move(record.begin));
}

/// True when the transaction at hand ends at or below the wanted vsn and is behind us now; else we
/// are at its begin again. Only heads are read, but for relations.
bool ChangeLogReader::State::skip_transaction() {
  const Place begin = records->place();
  std::vector<std::pair<Place, Relation>> met;
  for (auto head = peek(); head; head = peek()) {
    if (head->kind == RecordKind::relation)
      met.emplace_back(records->place(), change_log::decode_relation(body(*head), head->encoding));
    if (head->kind == RecordKind::commit) {
      const CommitRecord commit = change_log::decode_commit(body(*head), head->encoding);
      if (commit.last_vsn > skip_through) {
        records->move_to(begin);
        return false;
      }
      for (const auto& [place, relation] : met) {
        if (relations.learn(segment, place, relation)) unannounced.push_back(relation.id);
      }
      records->advance(*head);
      end_transaction(commit);
      return true;
    }
    records->advance(*head);
  }
  fail_here("a committed transaction has no end");
}

std::optional<Event> ChangeLogReader::State::take_relation(const RecordReader::Head& head) {
  Relation relation = change_log::decode_relation(body(head), head.encoding);
  const bool is_new = relations.learn(segment, records->place(), relation);
  records->advance(head);
  if (in_transaction) return event(std::move(relation));
  if (is_new) unannounced.push_back(relation.id);
  return std::nullopt;
}

std::optional<Event> ChangeLogReader::State::take_row(const RecordReader::Head& head) {
  expect_transaction(true);
  RowChange row = change_log::decode_row(body(head), head.encoding, values);
  if (relations.find(row.relation) == nullptr) fail_here("a row has no relation");
  records->advance(head);
  ++vsn;
  return event(row);
}

std::optional<Event> ChangeLogReader::State::take_other(const RecordReader::Head& head) {
  expect_transaction(true);
  ChangeEvent change;
  if (head.kind == RecordKind::truncate) {
    change = change_log::decode_truncate(body(head), head.encoding);
  } else {
    change = change_log::decode_barrier(body(head), head.encoding);
  }
  records->advance(head);
  ++vsn;
  return event(std::move(change));
}

std::optional<Event> ChangeLogReader::State::take_commit(const RecordReader::Head& head) {
  expect_transaction(true);
  CommitRecord record = change_log::decode_commit(body(head), head.encoding);
  if (record.last_vsn != vsn) fail_here("events of a transaction are missing");
  records->advance(head);
  end_transaction(record);
  return event(std::move(record.commit));
}

void ChangeLogReader::State::end_transaction(const CommitRecord& commit) {
  in_transaction = false;
  epoch.reset();
  vsn = commit.last_vsn;
  resume = {segment, records->place().offset, records->place().inner, vsn};
}

std::optional<Event> ChangeLogReader::State::next_segment() {
  expect_transaction(false);
  const std::int64_t before = vsn;
  open_segment(segment + 1);
  if (vsn != before) fail_here("events are missing before this segment");
  return std::nullopt;
}

std::optional<Event> ChangeLogReader::State::next_unannounced() {
  const Relation* relation = relations.find(unannounced.back());
  unannounced.pop_back();
  return event(*relation);
}

void ChangeLogReader::State::expect_transaction(bool open) const {
  if (in_transaction != open) fail_here("a record is out of place");
}

void ChangeLogReader::State::fail_here(std::string_view what) const {
  fail(damaged,
       fmt::format("{} is damaged at byte {}: {}", file.string(),
                   records ? records->place().offset : 0, what),
       "Restore the file from a copy; if there is none, the migration must start anew");
}

void ChangeLogReader::State::fail_gone(std::int64_t number) const {
  const std::string path = layout.segment(number).string();
  const auto record = record_of(number);
  if (record && record->archived)
    fail(segment_is_gone,
         fmt::format("{} is needed, was moved to {} and is not there", path,
                     record->archive_location),
         "Put it back there, or mount the file system of that directory");
  if (record && record->deleted)
    fail(segment_is_gone, fmt::format("{} is needed and was deleted by archive changes", path),
         "Restore the file from a copy; if there is none, the migration must start anew");
  fail(segment_is_gone, fmt::format("{} is needed and is gone", path),
       "Restore the file from a copy; if there is none, the migration must start anew");
}

ChangeLogReader::ChangeLogReader(const Layout& layout, MetaDb& meta, std::int64_t after_vsn,
                                 Reach reach)
    : state_(std::make_unique<State>(layout, meta, after_vsn, reach)) {}

ChangeLogReader::~ChangeLogReader() = default;

std::optional<ChangeLogReader::Event> ChangeLogReader::next() {
  State& state = *state_;
  if (!state.locate()) return std::nullopt;
  if (state.in_transaction && !state.unannounced.empty()) return state.next_unannounced();
  try {
    while (const auto head = state.peek()) {
      if (auto event = state.take(*head)) return event;
    }
  } catch (const Error&) {
    // What is taken back may be there half and half.
    if (state.epoch) state.refresh();
    if (!state.taken_back) throw;
  }
  return std::nullopt;
}

bool ChangeLogReader::next_is_open() {
  return state_->next_is_open();
}

bool ChangeLogReader::taken_back() const {
  return state_->taken_back;
}

void ChangeLogReader::await_commit() {
  state_->left_alone_after = state_->resume.vsn;
}

bool ChangeLogReader::wait(std::chrono::milliseconds timeout, const std::stop_token& stop) {
  State& state = *state_;
  if (!state.bell) {
    make_directory(state.layout.queue());
    state.bell = std::make_unique<Bell>(state.layout.committed());
  }
  return state.has_more() || (state.bell->wait(timeout, stop) && state.has_more());
}

ReadPosition ChangeLogReader::position() const {
  return state_->resume;
}

void ChangeLogReader::seek(const ReadPosition& position) {
  State& state = *state_;
  // By vsn when the place has no segment yet, or its segment was read to the end and removed since.
  if (position.segment == 0 ||
      (position.segment != state.segment && !state.open_if_there(position.segment))) {
    state.start_after(position.vsn);
    return;
  }
  const Place place{position.offset, position.inner};
  state.records->forget();
  state.records->move_to(place);
  state.unannounced = state.relations.go_back(position.segment, place);
  state.vsn = position.vsn;
  state.in_transaction = false;
  state.epoch.reset();
  state.taken_back = false;
  state.skipping = false;
  state.resume = position;
}

std::int64_t ChangeLogReader::newest_vsn() {
  return state_->marks.refresh().last_vsn;
}

const Relation* ChangeLogReader::relation(std::uint32_t id) const {
  return state_->relations.find(id);
}

}  // namespace voyager::exportdir
