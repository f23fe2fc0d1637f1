// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/target.hpp"

namespace voyager::testing {

inline Error server_error(const std::string& sqlstate, const std::string& message,
                          Action action = Action::give_up) {
  Error error(ErrorCode{3103}, action, message);
  error.with_sqlstate(sqlstate);
  return error;
}

/// What the fake target was asked, and what it answers.
struct FakeDatabase {
  std::vector<std::string> executed;  ///< statements that were run, without session settings
  int connections = 0;
  std::int64_t objects = 0;
  std::vector<std::string> dropped_schemas;
  std::vector<QualifiedName> views;
  std::set<QualifiedName> invalid_indexes;
  std::set<std::string> existing;  ///< statements with IF NOT EXISTS that do nothing
  std::optional<bool> colocated;
  /// Decides about a statement; throws to refuse it.
  std::function<void(const std::string&)> decide = [](const std::string&) {};
};

class FakeWriter : public engine::SchemaWriter {
 public:
  explicit FakeWriter(FakeDatabase& database) : database_(database) { ++database_.connections; }

  bool execute(const std::string& statement) override {
    if (statement.compare(0, 4, "SET ") == 0 || statement.find("set_config") != std::string::npos)
      return true;
    database_.executed.push_back(statement);
    database_.decide(statement);
    return database_.existing.count(statement) == 0;
  }
  void drop_schemas(const std::vector<std::string>& schemas) override {
    database_.dropped_schemas = schemas;
  }
  std::int64_t object_count(const std::vector<std::string>&) override { return database_.objects; }
  std::vector<QualifiedName> materialized_views(const std::vector<std::string>&) override {
    return database_.views;
  }
  bool drop_invalid_index(const QualifiedName& index) override {
    if (database_.invalid_indexes.erase(index) == 0) return false;
    execute("DROP INDEX " + index.quoted());
    return true;
  }
  std::optional<bool> colocated() override { return database_.colocated; }

 private:
  FakeDatabase& database_;
};

/// Only its schema writer works.
class FakeTarget : public engine::TargetEngine {
 public:
  FakeDatabase database;

  std::unique_ptr<engine::CatalogReader> catalog() override { return nullptr; }
  std::unique_ptr<engine::SchemaWriter> schema_writer() override {
    return std::make_unique<FakeWriter>(database);
  }
  std::unique_ptr<engine::BulkLoader> bulk_loader() override { return nullptr; }
  std::unique_ptr<engine::ChangeApplier> change_applier(const std::vector<Table>&) override {
    return nullptr;
  }
  std::unique_ptr<engine::SessionControl> session_control() override { return nullptr; }
  std::unique_ptr<engine::Ledger> ledger() override { return nullptr; }
  std::unique_ptr<engine::RowHasher> row_hasher() override { return nullptr; }
  int default_parallel_jobs() override { return 1; }
  void prepare_ledger() override {}
};

}  // namespace voyager::testing
