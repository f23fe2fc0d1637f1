// SPDX-License-Identifier: Apache-2.0
#include "faults/faults.hpp"

namespace voyager::testing {
namespace {

/// What breaks while a transaction is captured and applied at the same time: the exporter makes a
/// pause when it has shown the importer its fifth part. The transaction is larger than all sockets
/// on its way hold together: what is in them can be read after the connection has been cut.
class P5LargeTransaction : public StreamingFaults {
 protected:
  void begin_large(const std::string& milliseconds) {
    prepare();
    pause_at("change_log.part_shown:5:delay=" + milliseconds);
    start_export();
    start_import();
    wait_until_in_step(source(), target());
    write_to(source());
    wait_for_rows(100);
    execute(source(),
            "INSERT INTO customers (email, name) "
            "SELECT 'large ' || i, repeat(md5(i::text), 16) FROM generate_series(1, 60000) i");
    wait_for_pause("change_log.part_shown");
    wait_for("the importer's transaction", [this] { return is_inside(); });
  }
  /// The importer has written rows, and has not committed them.
  bool is_inside() {
    return value(target(),
                 "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'yb-voyager%' "
                 "AND backend_xid IS NOT NULL") != "0";
  }
  void wait_for_words_of_importer(const std::string& words) {
    wait_for(words, [&] {
      const auto log = migration_->export_directory() / "export/logs/yb-voyager-import-data.log";
      return file_text(log).find(words) != std::string::npos;
    });
  }
};

TEST_F(P5LargeTransaction, ConnectionToTheSourceCut) {
  begin_large("1500");
  source_network_->reset();
  wait_for_words_of_importer("was taken back");
  finish();
}

TEST_F(P5LargeTransaction, ConnectionToTheTargetCut) {
  begin_large("1500");
  target_network_->reset();
  finish();
}

TEST_F(P5LargeTransaction, ExporterGone) {
  begin_large("60000");
  exporter_->kill();
  exporter_->wait();
  exporter_.reset();
  wait_for_words_of_importer("does not come");
  wait_for("the end of the importer's transaction", [this] { return !is_inside(); });
  pause_at("");
  start_export();
  finish();
}

TEST_F(P5LargeTransaction, ImporterGone) {
  begin_large("1500");
  restart(importer_);
  finish();
}

TEST_F(P5LargeTransaction, TargetCrashes) {
  begin_large("1500");
  crash_and_restart(target_server());
  finish();
}

}  // namespace
}  // namespace voyager::testing
