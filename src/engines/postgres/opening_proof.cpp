// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/opening_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "engines/postgres/barrier_table.hpp"
#include "engines/postgres/change_stream.hpp"
#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A marker before the slot's starting point never comes: so one is written again and again.
constexpr auto marker_interval = 1s;

class OpeningProof {
 public:
  OpeningProof(Connection& connection, const engine::CaptureNames& names,
               const std::vector<Table>& tables, const CaptureDialect& dialect,
               const engine::Waiting& waiting)
      : connection_(connection),
        names_(names),
        tables_(tables),
        dialect_(dialect),
        waiting_(waiting),
        deadline_(Clock::now() + dialect.opening_limit) {}

  void run() {
    while (!marker_comes()) std::this_thread::sleep_for(marker_interval);
  }

 private:
  bool marker_comes();
  void read_until_marker(engine::ChangeStream& stream);
  void write_marker_when_due();
  void read_on(engine::ChangeStream& stream) const;
  void check_deadline(const std::string& reason) const;

  Connection& connection_;
  const engine::CaptureNames& names_;
  const std::vector<Table>& tables_;
  const CaptureDialect& dialect_;
  const engine::Waiting& waiting_;
  Clock::time_point deadline_;
  Clock::time_point marker_due_;
  int markers_ = 0;
};

/// False when the stream broke in a way that a new one may not.
bool OpeningProof::marker_comes() {
  try {
    const auto stream = make_change_stream(connection_.endpoint(), names_, tables_, {},
                                           {[this](Connection&) { return dialect_; }, true});
    read_until_marker(*stream);
    read_on(*stream);
    return true;
  } catch (const Error& error) {
    // The session that writes the markers can't be made anew here.
    if (error.action() != Action::reconnect || !connection_.alive()) throw;
    check_deadline(error.what());
    waiting_(
        fmt::format("the stream of the new replication slot is opened again: {}", error.what()));
    return false;
  }
}

void OpeningProof::read_until_marker(engine::ChangeStream& stream) {
  const std::string wanted = barriers::opening_id(names_.slot);
  for (;;) {
    write_marker_when_due();
    const auto event = stream.next(100ms);
    const auto* marker = event ? std::get_if<Barrier>(&*event) : nullptr;
    if (marker != nullptr && marker->id == wanted) return;
    check_deadline("no change comes out of it");
  }
}

void OpeningProof::write_marker_when_due() {
  if (Clock::now() < marker_due_) return;
  if (markers_++ > 0)
    waiting_(fmt::format("waiting until changes come out of replication slot {}", names_.slot));
  barriers::write(connection_, names_.publication, barriers::opening_id(names_.slot));
  marker_due_ = Clock::now() + marker_interval;
}

/// A transaction on a server whose clock is behind may still get a time before the marker's.
void OpeningProof::read_on(engine::ChangeStream& stream) const {
  const auto end = Clock::now() + dialect_.clock_skew;
  for (auto now = Clock::now(); now < end; now = Clock::now())
    stream.next(std::chrono::ceil<std::chrono::milliseconds>(end - now));
}

void OpeningProof::check_deadline(const std::string& reason) const {
  if (Clock::now() < deadline_) return;
  throw Error(
      capture_silent, Action::retry,
      fmt::format("replication slot {} was made, but it can't be used: {}", names_.slot, reason),
      "Look for errors of change capture in the logs of the servers, then run the same "
      "command again");
}

}  // namespace

void prove_opening(Connection& connection, const engine::CaptureNames& names,
                   const std::vector<Table>& tables, const CaptureDialect& dialect,
                   const engine::Waiting& waiting) {
  OpeningProof(connection, names, tables, dialect, waiting).run();
}

}  // namespace voyager::postgres
