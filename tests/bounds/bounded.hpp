// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "scenarios/story.hpp"

namespace voyager::testing {

/// What a process may take at most, however much data goes through it, in MiB.
inline constexpr std::int64_t most_memory_mib = 150;

/// A migration whose processes are measured. Memory and disk count here, never time.
class Bounded : public ::testing::Test {
 protected:
  void SetUp() override;

  engine::Endpoint source() const { return servers_->source(); }
  engine::Endpoint target() const { return servers_->target(); }

  /// The schema is on both sides, and both processes have come to the stream.
  void stream(const std::string& setup);
  void start_exporter();
  void start_importer();
  /// Waits until this query of the target has this value, for as long as both processes run.
  void wait_for(const std::string& sql, const std::string& wanted);
  void wait_for_rows(std::int64_t items) {
    wait_for("SELECT count(*) FROM item", std::to_string(items));
  }
  /// Bytes of the files of the change log.
  std::int64_t change_log_bytes() const;

  /// Most that both have taken so far, in MiB; `more`: what rows that are as large add.
  void expect_little_memory(std::int64_t more_mib = 0);
  /// The cutover, with the processes measured right before it; both sides are equal.
  void expect_all_arrived(std::int64_t more_mib = 0);

  // What the tests of different sizes have in common.
  void one_transaction(std::int64_t changes);
  void backlog(std::int64_t megabytes);

  std::optional<TwoServers> servers_;
  std::optional<Migration> migration_;
  std::unique_ptr<Child> exporter_;
  std::unique_ptr<Child> importer_;
};

/// The most memory (RSS) that a running process has taken so far, in MiB.
std::int64_t peak_mib(const Child& process);

}  // namespace voyager::testing
