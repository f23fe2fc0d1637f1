// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/barrier_writer.hpp"
#include "engines/postgres/capture_control.hpp"
#include "engines/postgres/catalog.hpp"
#include "engines/postgres/change_stream.hpp"
#include "engines/postgres/engine.hpp"
#include "engines/postgres/held_snapshot.hpp"
#include "engines/postgres/sessions.hpp"
#include "engines/postgres/snapshot_reader.hpp"

namespace voyager::postgres {
namespace {

class PostgresSource final : public engine::SourceEngine {
 public:
  explicit PostgresSource(const engine::Endpoint& endpoint) : endpoint_(endpoint) {}

  std::unique_ptr<engine::CatalogReader> catalog() override {
    return make_catalog_reader(endpoint_);
  }
  std::unique_ptr<engine::CaptureControl> capture_control() override {
    return make_capture_control(endpoint_, dialect_of_postgresql);
  }
  std::unique_ptr<engine::SnapshotHolder> create_capture(const engine::CaptureNames& names,
                                                         const std::vector<Table>& tables,
                                                         const engine::Waiting& waiting) override {
    return create_capture_with_snapshot(endpoint_, names, tables, waiting);
  }
  std::unique_ptr<engine::SnapshotHolder> renew_snapshot() override {
    return postgres::renew_snapshot(endpoint_);
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
    return make_change_stream(endpoint_, names, tables, after, {dialect_of_postgresql});
  }
  std::unique_ptr<engine::BarrierWriter> barrier_writer(
      const engine::CaptureNames& names) override {
    return make_barrier_writer(endpoint_, names, dialect_of_postgresql);
  }

 private:
  engine::Endpoint endpoint_;
};

/// A target, whichever of the family it is: its server is asked by each object. Any node of a
/// cluster serves a slot, so each object takes one that answers.
class Target final : public engine::ChangeSource {
 public:
  explicit Target(const engine::Endpoint& endpoint) : sessions_(endpoint) {}

  std::unique_ptr<engine::CatalogReader> catalog() override {
    return make_catalog_reader(sessions_.answering());
  }
  std::unique_ptr<engine::CaptureControl> capture_control() override {
    return make_capture_control(sessions_.answering(), dialect_of);
  }
  std::unique_ptr<engine::ChangeStream> change_stream(const engine::CaptureNames& names,
                                                      const std::vector<Table>& tables,
                                                      const Position& after) override {
    return make_change_stream(sessions_.answering(), names, tables, after, {dialect_of});
  }
  std::unique_ptr<engine::BarrierWriter> barrier_writer(
      const engine::CaptureNames& names) override {
    return make_barrier_writer(sessions_.answering(), names, dialect_of);
  }

 private:
  Sessions sessions_;
};

}  // namespace

std::unique_ptr<engine::ChangeSource> make_change_source(const engine::Endpoint& endpoint) {
  return std::make_unique<Target>(endpoint);
}

std::unique_ptr<engine::SourceEngine> make_source_engine(const engine::Endpoint& endpoint) {
  return std::make_unique<PostgresSource>(endpoint);
}

}  // namespace voyager::postgres
