// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cutover/journal.hpp"
#include "scenarios/story.hpp"
#include "support/proxy.hpp"
#include "support/workload.hpp"

namespace voyager::testing {

using namespace std::chrono_literals;

/// Orders for which the shop's tables are exported in several copies: small tables are copied
/// together, so that with fewer orders nothing is left when the first copy is done.
inline constexpr int more_than_one_copy = 20'000;

/// A migration of the shop whose databases are reached over networks that break, while
/// applications, which have networks of their own, keep writing.
///
/// Nothing here waits longer than `patience` for the migration to get on: what hangs, fails.
class Faults : public ::testing::Test {
 protected:
  static constexpr std::chrono::seconds patience{30};

  void SetUp() override;
  void TearDown() override;

  PgCluster& source_server() { return servers_->source_server(); }
  PgCluster& target_server() { return servers_->target_server().cluster(); }
  engine::Endpoint source() const {
    return successor_ == nullptr ? servers_->source() : successor_->endpoint("shop");
  }
  engine::Endpoint target() const { return servers_->target(); }

  /// The shop on the source, its schema on both sides, nothing running. The migration knows only
  /// the networks.
  void prepare(int orders = 200);
  /// Processes that start from now on take silence for a broken network after two seconds.
  void be_impatient();
  /// Where every process that starts from now on makes a pause: "apply.before_commit:1:delay=2000".
  void pause_at(const std::string& failpoints);
  void start_export(const Words& more = {});
  void start_import(const Words& more = {});
  /// prepare(), both processes, and both have come to the stream.
  void stream(int orders = 200);
  void restart(std::unique_ptr<Child>& process);
  /// The remedy for a slot or a history that is lost: both processes end, and begin from the start.
  void begin_anew();
  /// The exporter has a slot, and its snapshot.
  void wait_for_snapshot();
  /// From now on the source's address leads to this server.
  void move_source_to(const PgCluster& server);

  /// Applications write until stop_writing(), which returns what they did; they don't notice
  /// faults.
  void write_to(const engine::Endpoint& place, double rows_per_second = 300);
  void wait_for_rows(std::int64_t more);
  void stop_writing();
  /// Waits until what is committed now at one place has come to the other.
  void wait_until_in_step(const engine::Endpoint& from, const engine::Endpoint& to);

  /// Looks again and again. Throws: std::runtime_error with the processes' words when it was in
  /// vain, or when a process failed.
  void wait_for(const std::string& what, const std::function<bool()>& done);
  void wait_for_pause(const std::string& failpoint);
  void wait_for_state(cutover::Direction direction, cutover::CutoverState state, int round = 1);
  /// What the figures of this role say that it waits for.
  std::string waiting_for(const std::string& role) const;

  /// Applications stop, and the cutover is driven to its end by the processes that run.
  void to_target(bool fall_back);
  void to_source();
  void initiate(bool fall_back);
  void finish_cutover(cutover::Direction direction, int round = 1);
  /// Ends the processes as a user would, or waits for their end.
  void stop_processes();

  /// The invariants of docs/guarantees.md, after a cutover. Rows and sequences are the same on both
  /// sides, by the tests' own comparison and by `verify data`, and `primary` gives keys that no row
  /// has.
  void expect_equal(const engine::Endpoint& primary);
  /// The processes stop, and after `end migration` there is nothing of it in any database or the
  /// export directory, and neither triggers nor identities are other than they were.
  void expect_ends_clean();
  /// Both.
  void expect_all_holds(const engine::Endpoint& primary);

  /// The process ended with an error; returns what it said. `code`: "E3201".
  std::string expect_stopped(std::unique_ptr<Child>& process, const std::string& code);

  std::optional<TwoServers> servers_;
  std::optional<Proxy> source_network_;
  std::optional<Proxy> target_network_;
  std::optional<Migration> migration_;
  std::unique_ptr<Workload> workload_;
  std::unique_ptr<Child> exporter_;
  std::unique_ptr<Child> importer_;

 private:
  bool failed(Child& process) const;
  std::string words() const;

  const PgCluster* successor_ = nullptr;
  std::vector<std::string> source_before_;
  std::vector<std::string> target_before_;
  int marks_ = 0;
};

/// A place where a process makes a pause, in which something breaks.
struct Moment {
  std::string name;
  std::string failpoint;
};
std::ostream& operator<<(std::ostream& out, const Moment& moment);
std::string name_of(const ::testing::TestParamInfo<Moment>& moment);

/// Faults while changes flow to the target.
class StreamingFaults : public Faults {
 protected:
  void begin();
  /// Changes still arrive, and all that is promised holds after the cutover.
  void finish();
};

/// A server that stops as in a crash and comes back.
void crash_and_restart(PgCluster& server, std::chrono::milliseconds down = 0ms);

}  // namespace voyager::testing
