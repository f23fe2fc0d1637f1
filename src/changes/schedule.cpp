// SPDX-License-Identifier: Apache-2.0
#include "changes/schedule.hpp"

#include <algorithm>

namespace voyager::changes {
namespace {

/// Below this it is not worth looking: a few megabytes.
constexpr std::size_t fewest_rows_to_forget = 100'000;

}  // namespace

void Schedule::begin(std::uint64_t batch) {
  current_ = batch;
  if (rows_ >= std::max(forget_at_, fewest_rows_to_forget)) forget_committed();
}

void Schedule::committed(std::uint64_t batch) {
  committed_ = std::max(committed_, batch);
}

/// Looks at every row, so the next time is when there are twice as many as are left now.
void Schedule::forget_committed() {
  rows_ = 0;
  for (auto& [table, claims] : tables_) {
    std::erase_if(claims.rows, [this](const auto& row) { return row.second <= committed_; });
    rows_ += claims.rows.size();
  }
  forget_at_ = 2 * rows_;
}

bool Schedule::row(const QualifiedName& table, std::size_t key_hash) {
  Claims& claims = tables_[table];
  const auto [place, is_new] = claims.rows.try_emplace(key_hash, 0);
  if (is_new) ++rows_;
  const bool free = passed(claims.whole) && passed(place->second);
  place->second = current_;
  claims.any_row = current_;
  return free;
}

bool Schedule::append(const QualifiedName& table) {
  Claims& claims = tables_[table];
  claims.appended = current_;
  return passed(claims.whole) && passed(claims.any_row);
}

bool Schedule::whole(const QualifiedName& table) {
  Claims& claims = tables_[table];
  const bool free = passed(claims.whole) && passed(claims.any_row) && passed(claims.appended);
  claims.whole = current_;
  return free;
}

}  // namespace voyager::changes
