// SPDX-License-Identifier: Apache-2.0
#include "verify/compare.hpp"

#include <algorithm>
#include <tuple>

namespace voyager::verify {
namespace {

constexpr std::int64_t rows_for_bucket = 2000;
constexpr std::uint32_t fewest_buckets = 16;
constexpr std::uint32_t most_buckets = 1U << 16U;
constexpr std::size_t buckets_for_group = 64;
// A key and a hash are about 100 bytes: some ten megabytes for each side and worker.
constexpr std::int64_t rows_for_group = 100'000;

bool before(const Row& a, const Row& b) {
  return std::tie(a.key, a.hash) < std::tie(b.key, b.hash);
}

/// Adds the rows of one bucket; a null pointer means that the side has none.
void compare_bucket(const Bucket* left, const Bucket* right, BucketComparison& result) {
  const std::int64_t left_rows = left != nullptr ? left->rows : 0;
  const std::int64_t right_rows = right != nullptr ? right->rows : 0;
  result.left_rows += left_rows;
  result.right_rows += right_rows;
  if (left != nullptr && right != nullptr && *left == *right)
    result.same_rows += left_rows;
  else
    result.differing.push_back(
        {left != nullptr ? left->number : right->number, std::max(left_rows, right_rows)});
}

using Rows = std::vector<Row>;

/// The end of the rows that have the same key as `from`.
Rows::iterator end_of_key(Rows::iterator from, Rows::iterator end) {
  return std::find_if(from, end, [&](const Row& row) { return row.key != from->key; });
}

/// Takes away what both sides have of one key; returns how many rows are left on each.
std::pair<std::int64_t, std::int64_t> unmatched(Rows::iterator left, Rows::iterator left_end,
                                                Rows::iterator right, Rows::iterator right_end) {
  std::int64_t left_only = 0;
  std::int64_t right_only = 0;
  while (left != left_end || right != right_end) {
    if (right == right_end || (left != left_end && left->hash < right->hash)) {
      left_only += (left++)->copies;
    } else if (left == left_end || right->hash < left->hash) {
      right_only += (right++)->copies;
    } else {
      const std::int64_t more = (left++)->copies - (right++)->copies;
      (more > 0 ? left_only : right_only) += std::abs(more);
    }
  }
  return {left_only, right_only};
}

void add_differences(const std::string& key, std::int64_t left_only, std::int64_t right_only,
                     std::vector<RowDifference>& differences) {
  const std::int64_t changed = std::min(left_only, right_only);
  if (changed > 0) differences.push_back({key, DifferenceKind::changed, changed});
  if (left_only > changed)
    differences.push_back({key, DifferenceKind::missing, left_only - changed});
  if (right_only > changed)
    differences.push_back({key, DifferenceKind::extra, right_only - changed});
}

}  // namespace

std::uint32_t bucket_count(std::int64_t estimated_rows) {
  std::uint32_t buckets = fewest_buckets;
  while (buckets < most_buckets && buckets * rows_for_bucket < estimated_rows) buckets *= 2;
  return buckets;
}

BucketComparison compare_buckets(const std::vector<Bucket>& left,
                                 const std::vector<Bucket>& right) {
  BucketComparison result;
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() || r != right.end()) {
    const bool take_left = r == right.end() || (l != left.end() && l->number <= r->number);
    const bool take_right = l == left.end() || (r != right.end() && r->number <= l->number);
    compare_bucket(take_left ? &*l : nullptr, take_right ? &*r : nullptr, result);
    if (take_left) ++l;
    if (take_right) ++r;
  }
  return result;
}

std::vector<std::vector<std::uint32_t>> group_buckets(const std::vector<DifferingBucket>& buckets) {
  std::vector<std::vector<std::uint32_t>> groups;
  std::int64_t rows = 0;
  for (const DifferingBucket& bucket : buckets) {
    const bool full = !groups.empty() && (groups.back().size() == buckets_for_group ||
                                          rows + bucket.rows > rows_for_group);
    if (groups.empty() || full) {
      groups.emplace_back();
      rows = 0;
    }
    groups.back().push_back(bucket.number);
    rows += bucket.rows;
  }
  return groups;
}

std::vector<RowDifference> compare_rows(std::vector<Row> left, std::vector<Row> right) {
  // The databases order text by their own collations: only our own order is the same for both.
  std::sort(left.begin(), left.end(), before);
  std::sort(right.begin(), right.end(), before);
  std::vector<RowDifference> differences;
  auto l = left.begin();
  auto r = right.begin();
  while (l != left.end() || r != right.end()) {
    const bool take_left = r == right.end() || (l != left.end() && l->key <= r->key);
    const bool take_right = l == left.end() || (r != right.end() && r->key <= l->key);
    const auto l_end = take_left ? end_of_key(l, left.end()) : l;
    const auto r_end = take_right ? end_of_key(r, right.end()) : r;
    const auto [left_only, right_only] = unmatched(l, l_end, r, r_end);
    add_differences(take_left ? l->key : r->key, left_only, right_only, differences);
    l = l_end;
    r = r_end;
  }
  return differences;
}

}  // namespace voyager::verify
