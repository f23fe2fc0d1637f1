// SPDX-License-Identifier: Apache-2.0
#include "exportdir/segment_scan.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "exportdir/record_reader.hpp"

namespace voyager::exportdir::change_log {
namespace {

constexpr ErrorCode damaged{2102};

class SegmentScan {
 public:
  SegmentScan(const std::filesystem::path& segment, std::int64_t counted_through)
      : reader_(segment), limit_(reader_.file_size()), counted_through_(counted_through) {}

  /// False at the first record that is torn, bad or out of place, and at the end.
  bool step() {
    const auto head = reader_.peek(limit_);
    if (!head) return false;
    const auto body = reader_.body(*head);
    if (!body) return false;
    reader_.advance(*head);
    try {
      return take(*head, *body);
    } catch (const Error& error) {
      if (error.code() != damaged) throw;
      return false;
    }
  }

  std::uint64_t offset() const { return reader_.place().offset; }
  bool has_head() const { return has_head_; }
  /// A crash leaves whole batches, and none goes on behind a commit with another transaction.
  bool ends_inside_batch() const { return inside_batch_; }
  bool has_transactions() const { return any_transaction_ && !in_transaction_; }
  SegmentContent take_content() { return std::move(content_); }

 private:
  bool take(const RecordReader::Head& head, std::string_view body) {
    if (content_.ended || has_head_ == (head.kind == RecordKind::segment_head)) return false;
    switch (head.kind) {
      case RecordKind::segment_head:
        return take_head(decode_segment_head(body));
      case RecordKind::relation:
        return take_relation(decode_relation(body, head.encoding));
      case RecordKind::begin:
        return take_begin(decode_begin(body, head.encoding));
      case RecordKind::row:
        return take_row(decode_row_head(body, head.encoding));
      case RecordKind::truncate:
        return take_truncate(decode_truncate(body, head.encoding));
      case RecordKind::barrier:
        ++vsn_;
        return in_transaction_;
      case RecordKind::commit:
        return take_commit(decode_commit(body, head.encoding));
      case RecordKind::segment_end:
        return take_end(decode_segment_end(body));
      case RecordKind::batch:
      case RecordKind::packed_batch:
        break;
    }
    return false;
  }

  bool take_head(SegmentHead head) {
    has_head_ = true;
    vsn_ = content_.last_vsn = head.first_vsn - 1;
    content_.last_position = head.position;
    content_.head = std::move(head);
    keep_committed();
    return true;
  }

  bool take_relation(Relation relation) {
    if (in_transaction_) {
      new_relations_[relation.id] = std::move(relation);
      return true;
    }
    if (any_transaction_) return false;
    content_.relations[relation.id] = std::move(relation);
    keep_committed();
    return true;
  }

  bool take_begin(const BeginRecord& record) {
    if (in_transaction_ || record.before_vsn != vsn_) return false;
    in_transaction_ = any_transaction_ = true;
    return true;
  }

  bool take_row(const RowChange& row) {
    ++vsn_;
    const Relation* relation = find(row.relation);
    if (!in_transaction_ || relation == nullptr) return false;
    if (vsn_ > counted_through_) counts_[relation->table].count(row.operation);
    return true;
  }

  bool take_truncate(const Truncate& truncate) {
    ++vsn_;
    for (const std::uint32_t id : truncate.relations) {
      const Relation* relation = find(id);
      if (relation == nullptr) return false;
      if (vsn_ > counted_through_) ++counts_[relation->table].truncates;
    }
    return in_transaction_;
  }

  bool take_commit(CommitRecord record) {
    if (!in_transaction_ || record.last_vsn != vsn_) return false;
    in_transaction_ = false;
    for (auto& [id, relation] : new_relations_) content_.relations[id] = std::move(relation);
    new_relations_.clear();
    for (const auto& [table, counts] : counts_) content_.uncounted[table] += counts;
    counts_.clear();
    content_.last_vsn = record.last_vsn;
    content_.last_position = std::move(record.commit.position);
    keep_committed();
    return true;
  }

  bool take_end(SegmentEnd end) {
    if (in_transaction_ || end.last_vsn != vsn_) return false;
    content_.ended = true;
    content_.end_bytes = reader_.place().offset;
    return true;
  }

  void keep_committed() {
    content_.committed_bytes = reader_.place().offset;
    inside_batch_ = reader_.place().inner != 0;
  }

  const Relation* find(std::uint32_t id) const {
    const auto newest = new_relations_.find(id);
    if (newest != new_relations_.end()) return &newest->second;
    const auto found = content_.relations.find(id);
    return found == content_.relations.end() ? nullptr : &found->second;
  }

  RecordReader reader_;
  const std::uint64_t limit_;
  const std::int64_t counted_through_;
  SegmentContent content_;
  bool has_head_ = false;
  bool inside_batch_ = false;  ///< the last commit is not the last record of its batch
  bool any_transaction_ = false;
  // Of the transaction that is open:
  bool in_transaction_ = false;
  std::int64_t vsn_ = 0;
  std::map<std::uint32_t, Relation> new_relations_;
  std::map<QualifiedName, ChangeCounts> counts_;
};

}  // namespace

SegmentContent scan_segment(const std::filesystem::path& segment, std::int64_t counted_through,
                            std::uint64_t durable_bytes) {
  SegmentScan scan(segment, counted_through);
  while (scan.step()) {
  }
  const std::uint64_t stopped_at = scan.offset();
  const bool whole = scan.has_head() && !scan.ends_inside_batch();
  SegmentContent content = scan.take_content();
  if (!whole || content.committed_bytes < durable_bytes)
    fail(damaged,
         fmt::format("{} is damaged near byte {}, before its last commit", segment.string(),
                     stopped_at),
         "Restore the file from a copy; if there is none, the migration must start anew");
  return content;
}

bool has_transactions(const std::filesystem::path& segment) {
  if (!std::filesystem::exists(segment)) return false;
  SegmentScan scan(segment, 0);
  while (!scan.has_transactions() && scan.step()) {
  }
  return scan.has_transactions();
}

}  // namespace voyager::exportdir::change_log
