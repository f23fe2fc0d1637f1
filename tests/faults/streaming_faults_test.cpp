// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// Faults while changes flow: P3 is capture, P5 is apply.
class P3StreamingCapture : public StreamingFaults {};
class P5StreamingApply : public P3StreamingCapture {
 protected:
  void wait_until_it_waits() {
    wait_for("a visible wait", [&] { return !waiting_for("target_db_importer").empty(); });
  }
};

TEST_F(P3StreamingCapture, ConnectionCut) {
  begin();
  source_network_->cut();
  finish();
}

TEST_F(P3StreamingCapture, ConnectionResetAgainAndAgain) {
  begin();
  for (int i = 0; i < 5; ++i) {
    source_network_->reset_after(20'000);
    wait_for_rows(100);
  }
  finish();
}

TEST_F(P3StreamingCapture, SourceRefusesForAWhile) {
  begin();
  source_network_->refuse();
  source_network_->reset();
  wait_for("a visible wait", [&] { return !waiting_for("source_db_exporter").empty(); });
  wait_for_rows(300);
  source_network_->heal();
  finish();
}

TEST_F(P3StreamingCapture, SourceCrashes) {
  begin();
  crash_and_restart(source_server());
  finish();
}

TEST_F(P3StreamingCapture, ExporterStandsStill) {
  begin();
  exporter_->signal(SIGSTOP);
  wait_for_rows(500);
  exporter_->signal(SIGCONT);
  finish();
}

TEST_F(P5StreamingApply, ConnectionCut) {
  begin();
  target_network_->cut();
  finish();
}

TEST_F(P5StreamingApply, ConnectionResetAgainAndAgain) {
  begin();
  for (int i = 0; i < 5; ++i) {
    target_network_->reset_after(20'000);
    wait_for_rows(100);
  }
  finish();
}

TEST_F(P5StreamingApply, AnswersToCommitLost) {
  begin();
  for (int i = 1; i <= 3; ++i) {
    target_network_->drop_answer_to_commit();
    wait_for("a COMMIT", [&] { return target_network_->answers_dropped() == i; });
  }
  finish();
}

TEST_F(P5StreamingApply, TargetCrashes) {
  begin();
  crash_and_restart(target_server());
  finish();
}

TEST_F(P5StreamingApply, TargetIsDownForAWhile) {
  begin();
  target_server().stop_immediately();
  wait_until_it_waits();
  wait_for_rows(500);
  target_server().start();
  wait_until_in_step(source(), target());
  wait_for("the end of the wait", [&] { return waiting_for("target_db_importer").empty(); });
  finish();
}

/// The text of its error may hold rows, and is not shown: the place in the change log is.
TEST_F(P5StreamingApply, AFunctionOfTheTargetThatRaisesIsNamedWithTableAndPlace) {
  stream();
  wait_until_in_step(source(), target());
  execute(target(),
          "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.email = "
          "'refused' THEN RAISE 'no %', NEW.email; END IF; RETURN NEW; END$$;"
          "CREATE TRIGGER refuse BEFORE INSERT ON customers FOR EACH ROW EXECUTE FUNCTION refuse();"
          "ALTER TABLE customers ENABLE ALWAYS TRIGGER refuse");
  execute(source(),
          "INSERT INTO customers (email, name) VALUES ('first', 'x'), ('refused', 'x'), "
          "('last', 'x')");
  const std::string said = expect_stopped(importer_, "E3103");
  EXPECT_NE(said.find("public.customers, change with vsn "), std::string::npos) << said;
  EXPECT_NE(said.find("PL/pgSQL function public.refuse()"), std::string::npos) << said;
  EXPECT_EQ(said.find("no refused"), std::string::npos) << said;
  execute(target(), "DROP FUNCTION refuse CASCADE");
  start_import();
  write_to(source());
  finish();
}

TEST_F(P5StreamingApply, BothSidesReset) {
  begin();
  source_network_->reset();
  target_network_->reset();
  finish();
}

}  // namespace
}  // namespace voyager::testing
