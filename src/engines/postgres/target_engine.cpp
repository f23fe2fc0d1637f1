// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "engines/postgres/catalog.hpp"
#include "engines/postgres/engine.hpp"
#include "engines/postgres/ledger_tables.hpp"
#include "engines/postgres/sessions.hpp"
#include "engines/postgres/target_parts.hpp"

namespace voyager::postgres {
namespace {

class PostgresTarget final : public engine::TargetEngine {
 public:
  PostgresTarget(engine::Endpoint endpoint, std::string migration_uuid)
      : sessions_(std::move(endpoint)), migration_(std::move(migration_uuid)) {}

  std::unique_ptr<engine::CatalogReader> catalog() override {
    return make_catalog_reader(sessions_.plain());
  }
  std::unique_ptr<engine::SchemaWriter> schema_writer() override {
    return make_schema_writer(session(SessionUse::ddl));
  }
  std::unique_ptr<engine::BulkLoader> bulk_loader() override {
    return make_bulk_loader(session(SessionUse::load));
  }
  std::unique_ptr<engine::ChangeApplier> change_applier(
      const std::vector<Table>& /*source_tables*/) override {
    return make_change_applier(session(SessionUse::apply), known_position_);
  }
  std::unique_ptr<engine::SessionControl> session_control() override {
    return make_session_control(plain_session());
  }
  std::unique_ptr<engine::Ledger> ledger() override { return make_ledger(plain_session()); }
  std::unique_ptr<engine::RowHasher> row_hasher() override {
    return make_row_hasher(session(SessionUse::plain));
  }
  std::unique_ptr<engine::LoadMeter> load_meter() override {
    return make_load_meter(session(SessionUse::plain));
  }
  int default_parallel_jobs() override { return sessions_.default_jobs(); }
  void prepare_ledger() override {
    PlainSession session = sessions_.plain();
    ledger::create(*session);
  }

 private:
  TargetSession session(SessionUse use) {
    return {sessions_.open(use), sessions_.traits(), migration_};
  }
  PlainTargetSession plain_session() { return {sessions_.plain(), sessions_.traits(), migration_}; }

  Sessions sessions_;
  std::string migration_;
  std::shared_ptr<KnownPosition> known_position_ = std::make_shared<KnownPosition>();
};

}  // namespace

std::unique_ptr<engine::TargetEngine> make_target_engine(const engine::Endpoint& endpoint,
                                                         const std::string& migration_uuid) {
  return std::make_unique<PostgresTarget>(endpoint, migration_uuid);
}

}  // namespace voyager::postgres
