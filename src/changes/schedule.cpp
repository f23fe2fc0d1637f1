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
    std::erase_if(claims.rows, [this](const auto& row) { return row.second.latest <= committed_; });
    rows_ += claims.rows.size();
  }
  forget_at_ = 2 * rows_;
}

void Schedule::claim(Mark& mark) const {
  if (mark.latest != current_) mark = {current_, mark.latest};
}

/// Whether no other batch in flight claimed it.
bool Schedule::passed(const Mark& mark) const {
  return (mark.latest == current_ ? mark.before : mark.latest) <= committed_;
}

bool Schedule::row(const QualifiedName& table, std::size_t key_hash) {
  Claims& claims = tables_[table];
  const auto [place, is_new] = claims.rows.try_emplace(key_hash);
  if (is_new) ++rows_;
  const bool free = passed(claims.whole) && passed(place->second);
  claim(place->second);
  claim(claims.any_row);
  return free;
}

bool Schedule::append(const QualifiedName& table) {
  Claims& claims = tables_[table];
  claim(claims.appended);
  return passed(claims.whole) && passed(claims.any_row);
}

bool Schedule::whole(const QualifiedName& table) {
  Claims& claims = tables_[table];
  const bool free = passed(claims.whole) && passed(claims.any_row) && passed(claims.appended);
  claim(claims.whole);
  return free;
}

}  // namespace voyager::changes
