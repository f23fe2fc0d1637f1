// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/target.hpp"
#include "engines/postgres/sessions.hpp"

/// How target_engine.cpp makes the objects that the other files of this folder define.
namespace voyager::postgres {

/// A session of its own for one object.
template <typename Session>
struct TargetSessionOf {
  Session connection;
  Traits traits;
  std::string migration;  ///< uuid, names the migration's rows in the ledger
};
using TargetSession = TargetSessionOf<Connection>;
using PlainTargetSession = TargetSessionOf<PlainSession>;

/// How far this process knows the target to be. The appliers of one process share it: a position in
/// the target that is not this one was written by somebody else.
class KnownPosition {
 public:
  static constexpr std::int64_t unknown = -1;
  std::int64_t get() const { return vsn_.load(std::memory_order_acquire); }
  void raise(std::int64_t vsn);
  /// Also back, to what a server has after a crash. Only while no applier has a transaction open.
  void set(std::int64_t vsn) { vsn_.store(vsn, std::memory_order_release); }

 private:
  std::atomic<std::int64_t> vsn_{unknown};
};

std::unique_ptr<engine::BulkLoader> make_bulk_loader(TargetSession session);
std::unique_ptr<engine::ChangeApplier> make_change_applier(TargetSession session,
                                                           std::shared_ptr<KnownPosition> known);
std::unique_ptr<engine::SessionControl> make_session_control(PlainTargetSession session);
std::unique_ptr<engine::Ledger> make_ledger(PlainTargetSession session);
std::unique_ptr<engine::SchemaWriter> make_schema_writer(TargetSession session);
std::unique_ptr<engine::RowHasher> make_row_hasher(TargetSession session);
/// Null where the servers give no figures.
std::unique_ptr<engine::LoadMeter> make_load_meter(TargetSession session);

}  // namespace voyager::postgres
