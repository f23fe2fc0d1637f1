// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/target.hpp"
#include "verify/verify.hpp"

/// The decisions of verify data, as functions over values.
namespace voyager::verify {

using Bucket = engine::RowHasher::Bucket;
using Row = engine::RowHasher::Row;

/// Into how many key ranges a table is hashed: a power of two with about 2,000 rows in each, so
/// that a differing range costs little to look at, and at most 65,536, which are some megabytes to
/// compare.
std::uint32_t bucket_count(std::int64_t estimated_rows);

/// A range that is not the same on both sides.
struct DifferingBucket {
  std::uint32_t number = 0;
  std::int64_t rows = 0;  ///< on the side that has more
  friend bool operator==(const DifferingBucket&, const DifferingBucket&) = default;
};

struct BucketComparison {
  std::int64_t left_rows = 0;
  std::int64_t right_rows = 0;
  std::int64_t same_rows = 0;  ///< in the ranges that are equal
  std::vector<DifferingBucket> differing;
};
/// Both lists are ordered by number and leave empty ranges out.
BucketComparison compare_buckets(const std::vector<Bucket>& left, const std::vector<Bucket>& right);

/// Cuts differing ranges into groups whose rows are fetched together: at most 64 ranges, and about
/// 100,000 rows unless one range alone has more.
std::vector<std::vector<std::uint32_t>> group_buckets(const std::vector<DifferingBucket>& buckets);

struct RowDifference {
  std::string key;
  DifferenceKind kind = DifferenceKind::missing;
  std::int64_t copies = 1;  ///< rows that differ in this way
  friend bool operator==(const RowDifference&, const RowDifference&) = default;
};
/// What the right side has otherwise than the left, ordered by key. Rows with one key and different
/// hashes are changed; what is then left on one side only is missing or extra. The order of the
/// lists does not matter.
std::vector<RowDifference> compare_rows(std::vector<Row> left, std::vector<Row> right);

}  // namespace voyager::verify
