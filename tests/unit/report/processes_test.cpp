// SPDX-License-Identifier: Apache-2.0
#include "report/processes.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace voyager::report {
namespace {

using exportdir::SlotFigures;
using exportdir::to_figures;
using exportdir::WaitFigures;
using Json = nlohmann::json;

exportdir::Figures waiting_with_slot() {
  exportdir::Figures figures =
      to_figures(WaitFigures{"capture: E3102 lost", 1'000'000, 61'000'000});
  figures.merge(to_figures(SlotFigures{"extended", 3LL << 30, 2LL << 20, 1LL << 30, 512}));
  return figures;
}

ProcessStatus exporter(std::optional<int> pid, const exportdir::Figures& figures) {
  return process_status("source_db_exporter", "export data from source", pid, figures);
}

TEST(Processes, TextSaysWaitAndSlot) {
  EXPECT_EQ(processes_text({exporter(17, waiting_with_slot())}),
            "export data from source: running (pid 17)\n"
            "  WAITS since 1970-01-01 00:00:01.000000 UTC: capture: E3102 lost; next try at "
            "1970-01-01 00:01:01.000000 UTC\n"
            "  replication slot: extended; the server keeps 3.0 GiB of log for it, 2.0 MiB/s more; "
            "1.0 GiB until its limit, reached in 8m32s\n");
}

TEST(Processes, AKilledOnesLastFiguresDoNotCount) {
  EXPECT_EQ(processes_text({exporter(std::nullopt, waiting_with_slot())}),
            "export data from source: NOT RUNNING; meanwhile its database keeps all its log for "
            "it: start it\n");
}

TEST(Processes, NothingUnknownIsShown) {
  SlotFigures slot;
  slot.state = "safe";
  EXPECT_EQ(processes_text({exporter(1, to_figures(slot))}),
            "export data from source: running (pid 1)\n  replication slot: safe\n");
  EXPECT_EQ(processes_text({}), "");
}

TEST(Processes, TheDiskOfTheChangeLogIsShown) {
  const auto figures = to_figures(std::optional(exportdir::DiskFigures{3LL << 30, 1LL << 30, 512}));
  EXPECT_EQ(processes_text({exporter(1, figures)}),
            "export data from source: running (pid 1)\n"
            "  change log: 3.0 GiB; 1.0 GiB are free, full in 8m32s\n");
  const Json json = Json::parse(processes_json({exporter(1, figures)})).at(0);
  EXPECT_EQ(json.at("change_log").at("bytes"), 3LL << 30);
  EXPECT_EQ(json.at("change_log").at("seconds_until_full"), 512);
}

TEST(Processes, JsonHasTheNumbers) {
  const Json json = Json::parse(processes_json({exporter(17, waiting_with_slot())})).at(0);
  EXPECT_EQ(json.at("pid"), 17);
  EXPECT_EQ(json.at("waiting_for"), "capture: E3102 lost");
  EXPECT_EQ(json.at("waiting_since"), "1970-01-01 00:00:01.000000 UTC");
  EXPECT_EQ(json.at("next_try"), "1970-01-01 00:01:01.000000 UTC");
  EXPECT_EQ(json.at("replication_slot").at("retained_bytes"), 3LL << 30);
  EXPECT_EQ(json.at("replication_slot").at("growth_bytes_per_second"), 2LL << 20);
  EXPECT_EQ(json.at("replication_slot").at("seconds_until_limit"), 512);
}

TEST(Processes, JsonHasNullForWhatIsNotSo) {
  const Json json = Json::parse(processes_json({exporter(std::nullopt, {})})).at(0);
  EXPECT_TRUE(json.at("pid").is_null());
  EXPECT_TRUE(json.at("waiting_for").is_null());
  EXPECT_TRUE(json.at("replication_slot").is_null());
  EXPECT_TRUE(json.at("change_log").is_null());
}

}  // namespace
}  // namespace voyager::report
