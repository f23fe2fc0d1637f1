// SPDX-License-Identifier: Apache-2.0
#include "verify/table_check.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <limits>
#include <set>

#include "base/backoff.hpp"

namespace voyager::verify {
namespace {

// Differences of a table that are remembered by key: enough to follow what is in flight, little to
// hold.
constexpr std::size_t most_kept = 100'000;
// A range with more rows than this was cut by an estimate too low to be of use.
constexpr std::int64_t rows_for_recut = 8000;

std::int64_t rows_of(const std::vector<Row>& rows) {
  std::int64_t sum = 0;
  for (const Row& row : rows) sum += row.copies;
  return sum;
}

bool too_coarse(const BucketComparison& comparison, std::uint32_t buckets) {
  const std::int64_t rows = std::max(comparison.left_rows, comparison.right_rows);
  return !comparison.differing.empty() && rows / buckets > rows_for_recut &&
         bucket_count(rows) > buckets;
}

}  // namespace

template <typename Read>
auto TwoSides::both(const Read& read) {
  if (left_hasher_ == nullptr) left_hasher_ = left_.row_hasher();
  if (right_hasher_ == nullptr) right_hasher_ = right_.row_hasher();
  auto right = std::async(std::launch::async, [&] { return read(*right_hasher_); });
  auto left = read(*left_hasher_);
  return std::make_pair(std::move(left), right.get());
}

TwoSides::Pair<Bucket> TwoSides::buckets(const Table& table, std::uint32_t count) {
  return both([&](engine::RowHasher& hasher) { return hasher.buckets(table, count); });
}

TwoSides::Pair<Row> TwoSides::rows(const Table& table, std::uint32_t count,
                                   const std::vector<std::uint32_t>& chosen) {
  // No limit: a list that is cut would show rows as missing. The groups bound the memory.
  constexpr std::int64_t all = std::numeric_limits<std::int64_t>::max();
  return both([&](engine::RowHasher& hasher) { return hasher.rows(table, count, chosen, all); });
}

void TwoSides::drop_connections() {
  left_hasher_.reset();
  right_hasher_.reset();
}

TableResult TableCheck::run() {
  compare_ranges();
  for (Group& group : groups_) look_at(group);
  return result(settle());
}

void TableCheck::compare_ranges() {
  bucket_count_ = bucket_count(table_.estimated_rows);
  auto [left, right] = sides_.buckets(table_, bucket_count_);
  BucketComparison comparison = compare_buckets(left, right);
  if (too_coarse(comparison, bucket_count_)) {
    throw_if_stopped();
    bucket_count_ = bucket_count(std::max(comparison.left_rows, comparison.right_rows));
    std::tie(left, right) = sides_.buckets(table_, bucket_count_);
    comparison = compare_buckets(left, right);
  }
  same_rows_ = comparison.same_rows;
  for (auto& buckets : group_buckets(comparison.differing)) {
    Group group;
    group.buckets = std::move(buckets);
    groups_.push_back(std::move(group));
  }
}

void TableCheck::look_at(Group& group) {
  throw_if_stopped();
  auto [left, right] = sides_.rows(table_, bucket_count_, group.buckets);
  group.left_rows = rows_of(left);
  group.right_rows = rows_of(right);
  keep(group, compare_rows(std::move(left), std::move(right)));
}

/// A row that was seen equal once is proven; when it differs in a later look, a new change is on
/// its way. So only rows that have differed in every look stay.
void TableCheck::keep(Group& group, std::vector<RowDifference> differences) {
  if (group.looked_at && group.kept_all) {
    std::set<std::string> suspects;
    for (const RowDifference& difference : group.kept) suspects.insert(difference.key);
    const auto is_new = [&](const RowDifference& d) { return suspects.count(d.key) == 0; };
    differences.erase(std::remove_if(differences.begin(), differences.end(), is_new),
                      differences.end());
  }
  group.looked_at = true;
  group.differences = 0;
  for (const RowDifference& difference : differences) group.differences += difference.copies;
  kept_ -= group.kept.size();
  const std::size_t room = std::min(differences.size(), most_kept - kept_);
  group.kept_all = room == differences.size();
  differences.resize(room);
  group.kept = std::move(differences);
  kept_ += room;
}

/// Looks again, with growing pauses, until nothing differs (true) or the time is over (false).
bool TableCheck::settle() {
  using clock = std::chrono::steady_clock;
  if (options_.settle_timeout.count() == 0) return true;
  const auto end = clock::now() + options_.settle_timeout;
  Backoff pauses(std::chrono::milliseconds(500), std::chrono::seconds(10));
  while (!all_equal()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0) return false;
    wait_unless_stopped(std::min(left, pauses.next()), stop_);
    for (Group& group : groups_)
      if (group.differences != 0) look_at(group);
  }
  return true;
}

bool TableCheck::all_equal() const {
  return std::all_of(groups_.begin(), groups_.end(),
                     [](const Group& group) { return group.differences == 0; });
}

TableResult TableCheck::result(bool settled) const {
  TableResult result;
  result.table = table_.name;
  result.left_rows = same_rows_;
  result.right_rows = same_rows_;
  result.settled = settled;
  const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, options_.list_limit));
  for (const Group& group : groups_) {
    result.left_rows += group.left_rows;
    result.right_rows += group.right_rows;
    result.differences += group.differences;
    for (const RowDifference& difference : group.kept) {
      if (result.listed.size() == limit) break;
      result.listed.push_back({table_.name, difference.key, difference.kind});
    }
  }
  return result;
}

void TableCheck::throw_if_stopped() const {
  if (stop_.stop_requested()) fail(stopped_early, "stopped before the comparison was complete");
}

}  // namespace voyager::verify
