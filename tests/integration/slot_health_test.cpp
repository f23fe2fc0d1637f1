// SPDX-License-Identifier: Apache-2.0
// What a server says of a slot whose log it may not keep for ever.
#include <gmock/gmock.h>

#include "base/error.hpp"
#include "changes/slot_watch.hpp"
#include "engines/postgres/engine.hpp"
#include "support/pg_cluster.hpp"
#include "support/recording_status.hpp"
#include "support/temp_directory.hpp"

namespace voyager::postgres {
namespace {

using engine::SlotHealth;
using ::testing::Contains;
using ::testing::HasSubstr;

constexpr std::int64_t mebibyte = 1 << 20;

class SlotHealthTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    testing::ClusterOptions options;
    options.settings = {{"max_slot_wal_keep_size", "48MB"}};
    cluster_ = std::make_unique<testing::PgCluster>(options);
    cluster_->execute("postgres", "CREATE TABLE t (id int PRIMARY KEY, v text)");
    engine_ = make_source_engine(cluster_->endpoint());
    control_ = engine_->capture_control();
    control_->create(names_, engine_->catalog()->tables({}), [](const std::string&) {});
  }
  SlotHealth health() { return control_->health(names_).value(); }
  /// Each turn fills a segment of 16 MiB; nobody reads the slot.
  void write_segments(int count) {
    for (int i = 0; i < count; ++i)
      cluster_->execute("postgres",
                        "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 15000000)); "
                        "SELECT pg_switch_wal()");
  }

  const engine::CaptureNames names_{"watched", "watched"};
  std::unique_ptr<testing::PgCluster> cluster_;
  std::unique_ptr<engine::SourceEngine> engine_;
  std::unique_ptr<engine::CaptureControl> control_;
};

TEST_F(SlotHealthTest, ASlotThatNobodyReadsGoesFromSafeToLost) {
  const SlotHealth fresh = health();
  EXPECT_EQ(fresh.state, SlotHealth::State::safe);
  EXPECT_LT(fresh.retained_bytes.value(), 16 * mebibyte);
  EXPECT_GT(fresh.left_bytes.value(), 16 * mebibyte);

  write_segments(2);
  const SlotHealth later = health();
  EXPECT_GE(later.retained_bytes.value(), 30 * mebibyte);
  EXPECT_LT(later.left_bytes.value(), fresh.left_bytes.value());

  write_segments(4);
  EXPECT_EQ(health().state, SlotHealth::State::endangered);
  EXPECT_LT(health().left_bytes.value(), 0);

  cluster_->execute("postgres", "CHECKPOINT");
  EXPECT_EQ(health().state, SlotHealth::State::lost);
}

TEST_F(SlotHealthTest, WithoutALimitNothingIsLeftToSay) {
  cluster_->execute("postgres", "ALTER SYSTEM SET max_slot_wal_keep_size = -1");
  cluster_->execute("postgres", "SELECT pg_reload_conf()");
  cluster_->restart();
  control_ = engine_->capture_control();
  EXPECT_EQ(health().left_bytes, std::nullopt);
  EXPECT_EQ(health().state, SlotHealth::State::safe);
}

TEST_F(SlotHealthTest, ASlotThatIsGoneIsLost) {
  control_->drop(names_, [](const std::string&) {});
  EXPECT_EQ(health().state, SlotHealth::State::lost);
}

TEST_F(SlotHealthTest, TheWatchWarnsWithARemedyAndKeepsFigures) {
  testing::TempDirectory directory;
  const exportdir::Layout layout(directory.path());
  layout.create();
  exportdir::MetaDb meta = exportdir::MetaDb::open(layout, true);
  testing::RecordingStatus status;
  write_segments(6);
  changes::SlotWatch watch(*engine_, names_, "source", meta, "source_db_exporter", status);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (watch.rows().empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_THAT(watch.rows(),
              Contains(std::pair(std::string("Replication slot"), std::string("endangered"))));
  while (status.warnings().empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_THAT(status.warnings(), Contains(HasSubstr("Raise that setting and reload the server")));
}

}  // namespace
}  // namespace voyager::postgres
