// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/story.hpp"

namespace voyager::testing {

using Json = nlohmann::json;

void kill_process(Child& process);

/// A migration that falls back, and the two processes that carry it by whatever names.
class FallBack : public ::testing::Test {
 protected:
  void SetUp() override;

  engine::Endpoint source() const { return servers_->source(); }
  engine::Endpoint target() const { return servers_->target(); }
  std::vector<Child*> processes() { return {&*source_side_, &*target_side_}; }

  /// Has the schema on both sides. `as_user`: who the migration is on the source.
  void prepare(const std::string& setup, const std::string& as_user = "postgres");
  /// Returns while the snapshot is perhaps still on its way.
  void start();
  void begin(const std::string& setup);
  /// Returns when the applications may write to the target, and the source follows.
  void to_target();
  void to_source(const Words& more = {});
  void to_source_for_good();
  void expect_both_end();

  /// By the tests' own comparison, with the sequences, and by `verify data`.
  void expect_equal(const std::string& when);
  /// Ends the migration; the source is then as prepare() left it.
  void expect_nothing_left();
  static void wait_for_value(const engine::Endpoint& endpoint, const std::string& sql,
                             const std::string& expected);

  Json report();
  Json report_row(const std::string& table, const std::string& database);
  /// What `cutover status` says.
  Json cutovers();

  std::optional<TwoServers> servers_;
  std::optional<Migration> migration_;
  std::vector<std::string> before_;
  std::optional<Child> source_side_;
  std::optional<Child> target_side_;
};

}  // namespace voyager::testing
