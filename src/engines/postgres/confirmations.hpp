// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>

#include "engines/postgres/lsn.hpp"

namespace voyager::postgres {

/// Works out how far the server may forget its log.
///
/// A caller acknowledges commit positions; the server wants the end of the commit record, and must
/// also be told about what needs no acknowledgement: transactions without content and, on an idle
/// database, the log of everybody else. Pure; not thread-safe.
class Confirmations {
 public:
  void begin() { open_ = true; }
  /// A transaction was handed out whole; it counts when it is acknowledged.
  void handed_out(Lsn commit, Lsn end);
  /// A transaction that nobody has to see.
  void skipped(Lsn end);
  /// The server has sent everything before this position.
  void keep_alive(Lsn wal_end);
  /// Everything up to this commit is durable.
  void acknowledge(Lsn commit);

  /// What may be confirmed; 0 for nothing yet.
  Lsn durable() const;
  /// All transactions that commit before this were handed out or skipped.
  Lsn passed() const { return passed_; }

 private:
  struct Handed {
    Lsn commit;
    Lsn end;
  };

  void pass(Lsn position);

  std::deque<Handed> waiting_;
  Lsn acknowledged_end_ = 0;
  Lsn passed_ = 0;
  bool open_ = false;
};

}  // namespace voyager::postgres
