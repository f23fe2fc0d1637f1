// SPDX-License-Identifier: Apache-2.0
// Work that stands still while every connection is alive: what is in the way is shown, on the
// screen and in the status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/story.hpp"
#include "support/sql_session.hpp"

namespace voyager::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Stalls : public ::testing::Test {
 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_TARGET();
    servers_.emplace();
    execute(source(),
            "CREATE TABLE item (id int PRIMARY KEY, v text); INSERT INTO item VALUES (1, '1')");
    migration_.emplace(source(), target());
    migration_->move_schema();
  }
  engine::Endpoint source() const { return servers_->source(); }
  engine::Endpoint target() const { return servers_->target(); }

  void start_exporter() {
    exporter_ = std::make_unique<Child>(migration_->start_export());
    migration_->wait_for_slot(*exporter_);
  }
  void start_importer() { importer_ = std::make_unique<Child>(migration_->start_import()); }
  void stream() {
    start_exporter();
    start_importer();
    Migration::wait_for_line(*exporter_, "streaming changes to the change log");
    Migration::wait_for_line(*importer_, "streaming changes to the target");
  }
  std::string status_of(const std::string& side) {
    return migration_->command({side, "data", "status"}).output;
  }
  void wait_for_item(int id) {
    wait_until(
        [&] {
          return !query(target(), "SELECT FROM item WHERE id = " + std::to_string(id)).empty();
        },
        "item " + std::to_string(id));
  }
  void expect_goes_on(Child& process, const std::string& doing, const std::string& side) {
    Migration::wait_for_line(process, doing + " goes on after");
    EXPECT_THAT(status_of(side), Not(HasSubstr("WAITS")));
  }

  std::optional<TwoServers> servers_;
  std::optional<Migration> migration_;
  std::unique_ptr<Child> exporter_;
  std::unique_ptr<Child> importer_;
};

/// YugabyteDB has no LOCK TABLE.
constexpr const char* lets_read_only = "CREATE INDEX at_night ON item (v)";

/// Somebody else's session, with a transaction that holds a lock.
class Holder {
 public:
  Holder(const engine::Endpoint& place, const std::string& sql)
      : session_(connection_string(place)) {
    session_.run("SET application_name = 'night job'");
    session_.run("BEGIN");
    session_.run(sql);
  }
  void let_go() { session_.run("ROLLBACK"); }

 private:
  SqlSession session_;
};

auto names_the_night_job(const std::string& doing, const std::string& statement) {
  return AllOf(
      HasSubstr(doing + ": "), HasSubstr("waits for a lock on "),
      HasSubstr("application \"night job\", idle in transaction, last statement " + statement),
      HasSubstr("its transaction open for"));
}

TEST_F(Stalls, AnApplyThatWaitsForALockSaysForWhom) {
  stream();
  Holder holder(target(), lets_read_only);
  execute(source(), "INSERT INTO item VALUES (2, 'two')");
  Migration::wait_for_line(*importer_, "apply waits: process");
  EXPECT_THAT(status_of("import"),
              AllOf(HasSubstr("WAITS since 20"), names_the_night_job("apply", "CREATE")));
  holder.let_go();
  wait_for_item(2);
  expect_goes_on(*importer_, "apply", "import");
}

/// The row itself is nobody's business, nor is the statement.
TEST_F(Stalls, AnApplyThatWaitsForARowSaysForWhomAndNotMore) {
  stream();
  Holder holder(target(), "UPDATE item SET v = 'a secret' WHERE id = 1");
  execute(source(), "UPDATE item SET v = 'one' WHERE id = 1");
  Migration::wait_for_line(*importer_, "last statement UPDATE");
  EXPECT_THAT(importer_->output() + importer_->errors() + status_of("import"),
              Not(HasSubstr("secret")));
  holder.let_go();
  expect_goes_on(*importer_, "apply", "import");
}

TEST_F(Stalls, ALoadThatWaitsForALockSaysForWhom) {
  start_exporter();
  Holder holder(target(), lets_read_only);
  start_importer();
  Migration::wait_for_line(*importer_, "snapshot import waits: process");
  EXPECT_THAT(status_of("import"),
              AllOf(HasSubstr("WAITS since 20"), names_the_night_job("snapshot import", "CREATE")));
  holder.let_go();
  wait_for_item(1);
  expect_goes_on(*importer_, "snapshot import", "import");
}

/// It needs the publication for the first change of a table, and can't read it.
TEST_F(Stalls, ASenderThatWaitsForALockIsShownAlthoughTheSlotIsSafe) {
  stream();
  Holder holder(source(), "LOCK TABLE pg_catalog.pg_publication IN ACCESS EXCLUSIVE MODE");
  execute(source(), "INSERT INTO item VALUES (2, 'two')");
  Migration::wait_for_line(*exporter_, "capture waits: its sender, process");
  EXPECT_THAT(status_of("export"),
              AllOf(HasSubstr("WAITS since 20"), names_the_night_job("capture", "LOCK")));
  holder.let_go();
  wait_for_item(2);
  expect_goes_on(*exporter_, "capture", "export");
}

TEST_F(Stalls, AnImporterWithoutItsExporterSaysSo) {
  stream();
  exporter_->kill();
  exporter_->wait();
  const std::string cause = "no more changes come: export data from source is NOT RUNNING";
  Migration::wait_for_line(*importer_, "apply waits: " + cause);
  EXPECT_THAT(status_of("import"), AllOf(HasSubstr("WAITS since 20"), HasSubstr(cause)));
  start_exporter();
  expect_goes_on(*importer_, "apply", "import");
}

TEST_F(Stalls, AnImporterSaysWhatItsExporterWaitsFor) {
  stream();
  servers_->source_server().stop_immediately();
  Migration::wait_for_line(
      *importer_, "apply waits: no more changes come: export data from source waits (capture: E31");
  servers_->source_server().start();
  expect_goes_on(*importer_, "apply", "import");
}

}  // namespace
}  // namespace voyager::testing
