// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdlib>
#include <random>
#include <sstream>
#include <thread>

#include "scenarios/fall_back.hpp"
#include "support/workload.hpp"

namespace voyager::testing {
namespace {

class FallBackOfTheShop : public FallBack {
 protected:
  void write_for_a_while(const engine::Endpoint& place, unsigned seed, std::int64_t rows) {
    WorkloadOptions options;
    options.connection = connection_string(place);
    options.seed = seed;
    options.rows_per_second = 1500;
    Workload workload(options);
    wait_until([&] { return workload.totals().rows >= rows; }, "the applications write");
    expect_undisturbed(workload);
  }
  static void expect_undisturbed(Workload& workload) {
    for (const std::string& error : workload.stop().errors) {
      ADD_FAILURE() << "an application was disturbed: " << error;
    }
  }
  /// What left one database entered the other, and the final numbers are those of the rows.
  void expect_report_fits() {
    const Json rows = report();
    std::int64_t came_back = 0;
    for (std::size_t i = 0; i + 1 < rows.size(); i += 2) {
      const Json& left = rows[i];
      const Json& right = rows[i + 1];
      ASSERT_EQ(left["db_type"], "source");
      ASSERT_EQ(right["db_type"], "target");
      for (const char* kind : {"inserts", "updates", "deletes"}) {
        const std::string exported = std::string("exported_") + kind;
        const std::string imported = std::string("imported_") + kind;
        EXPECT_EQ(left[exported], right[imported]) << left << right;
        EXPECT_EQ(right[exported], left[imported]) << left << right;
        came_back += right[exported].get<std::int64_t>();
      }
      for (const Json& row : {left, right}) {
        const std::string table = row["table_name"];
        EXPECT_EQ(std::to_string(row["final_row_count"].get<std::int64_t>()),
                  value(source(), "SELECT count(*) FROM " + table))
            << row;
      }
    }
    EXPECT_GT(came_back, 1000);
  }
};

TEST_F(FallBackOfTheShop, UnderLoadOnEitherSideEndsEqualAndAsItBegan) {
  create_shop(source(), 1500);
  begin("");
  write_for_a_while(source(), 1, 4000);
  to_target();
  expect_equal("on the target");
  write_for_a_while(target(), 2, 6000);
  to_source_for_good();
  expect_equal("on the source again");
  expect_report_fits();
  const Json rows = cutovers();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["direction"], "source → target");
  EXPECT_EQ(rows[1]["direction"], "target → source");
  for (const Json& row : rows) {
    EXPECT_EQ(row["round"], 1);
    EXPECT_EQ(row["status"], "COMPLETED");
    EXPECT_EQ(row["waits_for"], "");
    EXPECT_NE(row["requested_at"], "-");
  }
  expect_nothing_left();
  // New keys don't meet those that the target gave.
  execute(source(),
          "INSERT INTO customers (email, name) VALUES ('after@example.com', 'x');"
          "INSERT INTO products (sku, title, price) VALUES ('after', 'x', 1);"
          "INSERT INTO documents (title, body) VALUES ('after', 'x');"
          "INSERT INTO orders (ordered_on, customer_id) SELECT '2024-05-05', min(id) FROM "
          "customers");
  write_for_a_while(source(), 3, 500);
}

TEST_F(FallBackOfTheShop, NothingOfOurOwnComesBack) {
  create_shop(source(), 500);
  begin("");
  write_for_a_while(source(), 1, 1000);
  to_target();
  // Where and by which transaction each row was written.
  std::string versions = "SELECT sum(hashtextextended(place, 0)::numeric) FROM (";
  for (const auto& row : query(source(),
                               "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND "
                               "relnamespace = 'public'::regnamespace")) {
    versions += (versions.ends_with("(") ? "" : " UNION ALL ") +
                ("SELECT concat(tableoid, ctid, xmin, xmax) AS place FROM " + row[0].value_or(""));
  }
  versions += ") all_rows";
  const std::string written = value(source(), versions);
  to_source_for_good();
  EXPECT_EQ(value(source(), versions), written) << "rows of the source were written again";

  int barriers = 0;
  std::istringstream events(migration_->command({"inspect", "--no-values"}).output);
  for (std::string line; std::getline(events, line);) {
    const Json event = Json::parse(line);
    if (event["exporter_role"] != "target_db_exporter_fb") continue;
    EXPECT_EQ(event["op"], "barrier") << line;
    ++barriers;
  }
  EXPECT_EQ(barriers, 1);
  expect_equal("on the source again");
  expect_nothing_left();
}

/// Whether killed processes are started again by the names that they were first started by.
class FallBackKills : public FallBackOfTheShop, public ::testing::WithParamInterface<bool> {
 protected:
  void restart_source_side() {
    source_side_.emplace(GetParam() ? migration_->start_export()
                                    : migration_->start_import_to_source());
  }
  void restart_target_side() {
    target_side_.emplace(GetParam() ? migration_->start_import()
                                    : migration_->start_export_from_target());
  }
  /// Returns whether it still ran.
  bool kill_one(bool at_the_source) {
    std::optional<Child>& side = at_the_source ? source_side_ : target_side_;
    if (!side->running()) return false;
    kill_process(*side);
    if (at_the_source) {
      restart_source_side();
    } else {
      restart_target_side();
    }
    return true;
  }
};

TEST_P(FallBackKills, AtAnyMomentOfTheWayBackLoseNothing) {
  const char* chosen = std::getenv("VOYAGER_SEED");
  const unsigned seed =
      chosen == nullptr ? std::random_device()() : static_cast<unsigned>(std::stoul(chosen));
  SCOPED_TRACE("VOYAGER_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const auto some_time = [&](int most) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution(0, most)(random)));
  };
  create_shop(source(), 500);
  begin("");
  to_target();
  WorkloadOptions options;
  options.connection = connection_string(target());
  options.seed = seed;
  options.rows_per_second = 1000;
  Workload workload(options);
  int kills = 0;
  for (int i = 0; i < 6; ++i) {
    some_time(1500);
    kills += kill_one(i % 2 == 0) ? 1 : 0;
  }
  EXPECT_EQ(kills, 6) << "a process ended before its time";
  expect_undisturbed(workload);
  migration_->initiate_cutover_to("source");
  for (int i = 0; i < 4; ++i) {
    some_time(400);
    kill_one(random() % 2 == 0);
  }
  migration_->wait_for_cutover("target → source", processes());
  expect_both_end();
  expect_equal("on the source again");
  expect_report_fits();
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(RestartedBy, FallBackKills, ::testing::Bool(), [](const auto& names) {
  return names.param ? "TheNamesTheyWereStartedBy" : "TheNamesTheyHave";
});

}  // namespace
}  // namespace voyager::testing
