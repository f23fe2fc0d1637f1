// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "engine/target.hpp"
#include "verify/compare.hpp"
#include "verify/verify.hpp"

namespace voyager::verify {

inline constexpr ErrorCode stopped_early{8003};

/// A connection to each side, read at the same time. Threads: one.
class TwoSides {
 public:
  TwoSides(engine::TargetEngine& left, engine::TargetEngine& right) : left_(left), right_(right) {}

  template <typename T>
  using Pair = std::pair<std::vector<T>, std::vector<T>>;
  Pair<Bucket> buckets(const Table& table, std::uint32_t count);
  Pair<Row> rows(const Table& table, std::uint32_t count, const std::vector<std::uint32_t>& chosen);
  /// The next call connects again.
  void drop_connections();

 private:
  template <typename Read>
  auto both(const Read& read);

  engine::TargetEngine& left_;
  engine::TargetEngine& right_;
  std::unique_ptr<engine::RowHasher> left_hasher_;
  std::unique_ptr<engine::RowHasher> right_hasher_;
};

/// Compares one table: ranges, then the rows of the ranges that differ, then, while changes flow,
/// the rows that differed, until each has been seen equal once.
class TableCheck {
 public:
  TableCheck(TwoSides& sides, const Table& table, const VerifyOptions& options,
             const std::stop_token& stop)
      : sides_(sides), table_(table), options_(options), stop_(stop) {}

  TableResult run();

 private:
  /// Ranges whose rows are looked at together.
  struct Group {
    std::vector<std::uint32_t> buckets;
    bool looked_at = false;
    std::int64_t differences = 0;
    std::int64_t left_rows = 0;
    std::int64_t right_rows = 0;
    std::vector<RowDifference> kept;  ///< the first of them
    bool kept_all = false;
  };

  void compare_ranges();
  void look_at(Group& group);
  void keep(Group& group, std::vector<RowDifference> differences);
  bool settle();
  bool all_equal() const;
  TableResult result(bool settled) const;
  void throw_if_stopped() const;

  TwoSides& sides_;
  const Table& table_;
  const VerifyOptions& options_;
  const std::stop_token& stop_;
  std::uint32_t bucket_count_ = 0;
  std::int64_t same_rows_ = 0;
  std::vector<Group> groups_;
  std::size_t kept_ = 0;
};

}  // namespace voyager::verify
