// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/confirmations.hpp"

#include <algorithm>

namespace voyager::postgres {

void Confirmations::pass(Lsn position) {
  passed_ = std::max(passed_, position);
}

void Confirmations::handed_out(Lsn commit, Lsn end) {
  // What was passed before it stays confirmed: the server must never be told less than before.
  if (waiting_.empty()) acknowledged_end_ = passed_;
  waiting_.push_back({commit, end});
  skipped(end);
}

void Confirmations::skipped(Lsn end) {
  open_ = false;
  pass(end);
}

void Confirmations::keep_alive(Lsn wal_end) {
  // Within a transaction the server's position says nothing about the transaction's own commit.
  if (!open_) pass(wal_end);
}

void Confirmations::acknowledge(Lsn commit) {
  while (!waiting_.empty() && waiting_.front().commit <= commit) {
    acknowledged_end_ = waiting_.front().end;
    waiting_.pop_front();
  }
}

Lsn Confirmations::durable() const {
  return waiting_.empty() ? passed_ : acknowledged_end_;
}

}  // namespace voyager::postgres
