// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "engine/target.hpp"
#include "engines/postgres/connection.hpp"
#include "engines/postgres/engine.hpp"
#include "support/pg_cluster.hpp"

namespace voyager::testing {

inline constexpr const char* migration = "11111111-2222-3333-4444-555555555555";

/// One server for all tests of a suite, and two fresh databases, "source" and "target", for each
/// test.
class PgTarget : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    if (PgCluster::available()) cluster_ = std::make_unique<PgCluster>();
  }
  static void TearDownTestSuite() { cluster_.reset(); }

 protected:
  void SetUp() override {
    VOYAGER_REQUIRE_POSTGRES();
    for (const char* name : {"source", "target"}) {
      run("postgres", std::string("DROP DATABASE IF EXISTS ") + name + " WITH (FORCE)");
      cluster_->create_database(name);
    }
    engine_ = postgres::make_target_engine(cluster_->endpoint("target"), migration);
    engine_->prepare_ledger();
  }
  void TearDown() override { engine_.reset(); }

  static void run(const std::string& database, const std::string& sql) {
    cluster_->execute(database, sql);
  }
  static std::string value(const std::string& database, const std::string& sql) {
    return cluster_->value(database, sql);
  }
  /// The same statements on both sides.
  static void run_on_both(const std::string& sql) {
    run("source", sql);
    run("target", sql);
  }
  static std::unique_ptr<engine::TargetEngine> engine_on(const std::string& database,
                                                         const std::string& user = "postgres") {
    return postgres::make_target_engine(cluster_->endpoint(database, user), migration);
  }
  /// The table as the source's catalog describes it.
  static Table source_table(const std::string& name, const std::string& schema = "public") {
    for (Table& table : engine_on("source")->catalog()->tables({schema})) {
      if (table.name.name == name) return std::move(table);
    }
    throw std::runtime_error("no table " + name);
  }
  static std::uint64_t load_one(engine::BulkLoader& loader, const engine::ChunkLoad& chunk) {
    return loader.load({chunk}).at(0);
  }
  /// All rows of a source table as one chunk.
  static std::string chunk_of(const Table& table, ChunkFormat format) {
    postgres::Connection connection(cluster_->endpoint("source"));
    std::string names;
    for (const Column& column : table.stored_columns())
      names += (names.empty() ? "(" : ", ") + quote_identifier(column.name);
    if (!names.empty()) names += ")";
    std::string bytes;
    connection.copy_out("COPY " + table.name.quoted() + names + " TO STDOUT (FORMAT " +
                            (format == ChunkFormat::binary ? "binary)" : "csv)"),
                        [&](std::string_view piece) { bytes += piece; });
    return bytes;
  }

  inline static std::unique_ptr<PgCluster> cluster_;
  std::unique_ptr<engine::TargetEngine> engine_;
};

/// Hands a text over in small pieces.
inline std::function<bool(std::string&)> pieces_of(const std::string& bytes) {
  return [&bytes, at = std::size_t{0}](std::string& piece) mutable {
    piece = bytes.substr(at, 1000);
    at += piece.size();
    return !piece.empty();
  };
}

/// The code of the Error that `work` throws; 0 for none.
template <typename Work>
int error_code_of(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code().number;
  }
  return 0;
}

}  // namespace voyager::testing
