// SPDX-License-Identifier: Apache-2.0
#include "changes/schedule.hpp"

#include <algorithm>

namespace voyager::changes {
namespace {

/// Below this it is not worth looking: a few megabytes.
constexpr std::size_t fewest_rows_to_forget = 100'000;
constexpr std::size_t most_rows = 300'000;

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

/// A huge transaction takes the table as a whole. Whose rows are forgotten with it is not known any
/// more, so that nothing of this batch is free there before it is its turn.
void Schedule::make_room(Claims& claims) {
  if (rows_ < most_rows) return;
  forget_committed();
  if (rows_ < most_rows) return;
  rows_ -= claims.rows.size();
  claims.rows.clear();
  claims.whole = {current_, current_ - 1};
}

bool Schedule::row(const QualifiedName& table, std::size_t key_hash) {
  Claims& claims = tables_[table];
  if (claims.whole.latest != current_) make_room(claims);
  const auto place = claims.rows.find(key_hash);
  const bool free = passed(claims.whole) && (place == claims.rows.end() || passed(place->second));
  claim(claims.any_row);
  if (claims.whole.latest == current_) return free;  // which says it all to later batches
  const auto [own, is_new] = claims.rows.try_emplace(key_hash);
  if (is_new) ++rows_;
  claim(own->second);
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
