// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/capture_control.hpp"
#include "engines/postgres/catalog.hpp"
#include "engines/postgres/change_stream.hpp"
#include "engines/postgres/engine.hpp"
#include "engines/postgres/held_snapshot.hpp"
#include "engines/postgres/snapshot_reader.hpp"

namespace voyager::postgres {
namespace {

class MessageBarrier final : public engine::BarrierWriter {
 public:
  explicit MessageBarrier(const engine::Endpoint& endpoint) : connection_(endpoint) {
    connection_.execute("SET synchronous_commit = on");
  }

  void write(const std::string& id) override {
    connection_.query("SELECT pg_logical_emit_message(true, $1, $2::text)", {barrier_prefix, id});
  }

 private:
  Connection connection_;
};

class PostgresSource final : public engine::SourceEngine {
 public:
  explicit PostgresSource(const engine::Endpoint& endpoint) : endpoint_(endpoint) {}

  std::unique_ptr<engine::CatalogReader> catalog() override {
    return make_catalog_reader(endpoint_);
  }
  std::unique_ptr<engine::CaptureControl> capture_control() override {
    return make_capture_control(endpoint_);
  }
  std::unique_ptr<engine::SnapshotHolder> hold_snapshot() override {
    return postgres::hold_snapshot(endpoint_, "", {});
  }
  std::unique_ptr<engine::SnapshotReader> snapshot_reader(const std::string& snapshot_id) override {
    return make_snapshot_reader(endpoint_, snapshot_id);
  }
  std::unique_ptr<engine::ChangeStream> change_stream(const engine::CaptureNames& names,
                                                      const std::vector<Table>& tables,
                                                      const Position& after) override {
    return make_change_stream(endpoint_, names, tables, after);
  }
  std::unique_ptr<engine::BarrierWriter> barrier_writer() override {
    return std::make_unique<MessageBarrier>(endpoint_);
  }

 private:
  engine::Endpoint endpoint_;
};

}  // namespace

std::unique_ptr<engine::SourceEngine> make_source_engine(const engine::Endpoint& endpoint) {
  return std::make_unique<PostgresSource>(endpoint);
}

}  // namespace voyager::postgres
