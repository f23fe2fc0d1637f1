// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crash/mortal.hpp"
#include "scenarios/story.hpp"
#include "support/temp_directory.hpp"

namespace voyager::testing {

/// Every leg passes these, each time with another process and another database.
bool belongs_to_every_leg(const std::string& failpoint);

/// What a process can pass again and again while there are changes.
bool is_passed_while_streaming(const std::string& failpoint);

/// Only a migration with a source-replica comes by.
bool needs_replica(const std::string& failpoint);

/// Only the option --start-clean comes by.
bool needs_start_clean(const std::string& failpoint);

/// A whole migration whose processes pass failpoints, while applications write, with
/// `archive changes` beside it. Afterwards the databases must be equal, by the tests' own
/// comparison and by `verify data`, and nothing of the migration may be left: no slot, publication,
/// bookkeeping, session, disabled trigger, altered identity, temporary file.
class KilledMigration {
 public:
  explicit KilledMigration(const Orders& orders);
  virtual ~KilledMigration() = default;
  KilledMigration(const KilledMigration&) = delete;
  KilledMigration& operator=(const KilledMigration&) = delete;

  /// Reports through GoogleTest. Throws: std::runtime_error when it can't go on.
  virtual void live() = 0;
  const Hits& hits() const { return stage_.hits; }
  const std::string& history() const { return stage_.history; }

 protected:
  engine::Endpoint source() const { return servers_.source(); }
  engine::Endpoint target() const { return servers_.target(); }
  /// A command that is waited for.
  void run_command(const Words& words);
  void move_schemas();
  void start_source_and_target();
  void start_archiver();
  /// True when all have ended.
  bool poll();
  /// Applications write until every failpoint of streaming has had its turn in this leg.
  void stream(Leg leg, const engine::Endpoint& applications);
  void initiate(const std::string& place, const Words& more = {});
  void wait_for_cutover(const std::string& direction);
  static void expect_equal(const engine::Endpoint& one, const engine::Endpoint& other,
                           const std::string& when);
  void wait_for_ends();
  /// `verified`: what `verify data` compares.
  void end(const std::string& verified, const std::vector<engine::Endpoint>& databases);

  const Orders& orders_;
  TwoServers servers_;
  Migration migration_{servers_.source(), servers_.target()};
  Stage stage_{migration_, orders_, Leg::forth, {}, ""};
  std::optional<Mortal> source_side_;
  std::optional<Mortal> target_side_;
  std::optional<Mortal> replica_side_;
  std::optional<Mortal> archiver_;

 private:
  void expect_no_temporary_files() const;

  TempDirectory archive_;
  int step_ = 0;
};

/// Forth, back and forth again.
class FallBackKilled final : public KilledMigration {
 public:
  using KilledMigration::KilledMigration;
  void live() override;
};

/// Forth, and on to a source-replica.
class FallForwardKilled final : public KilledMigration {
 public:
  explicit FallForwardKilled(const Orders& orders);
  void live() override;

 private:
  engine::Endpoint replica() const { return replica_server_.endpoint("shop"); }

  PgCluster replica_server_;
};

/// Lives such a migration; adds to `hits` what took place.
template <typename Story>
void live_through(const Orders& orders, Hits& hits);

extern template void live_through<FallBackKilled>(const Orders&, Hits&);
extern template void live_through<FallForwardKilled>(const Orders&, Hits&);

/// Not all in one story: what one effect breaks, the next one shouldn't mend.
std::vector<Orders> shared_out(const std::set<std::string>& failpoints, std::size_t stories,
                               int pass, Effect effect);

}  // namespace voyager::testing
