// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/staging_tables.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>

#include "base/error.hpp"

namespace voyager::postgres {
namespace {

std::string types_of(const statements::Columns& columns) {
  std::string types;
  for (const TargetColumn* column : columns) types += column->cast_type + ",";
  return types;
}

}  // namespace

const std::string& StagingTables::empty_one(const statements::Columns& columns) {
  Stage& stage = stages_[types_of(columns)];
  if (stage.name.empty()) {
    stage.name = fmt::format("pg_temp.ybvoyager_rows_{}", ++next_);
    stage.made = std::chrono::steady_clock::now();
    create(stage, columns);
  } else if (stage.used) {
    connection_.execute("TRUNCATE " + stage.name);
  }
  stage.used = true;
  return stage.name;
}

void StagingTables::create(const Stage& stage, const statements::Columns& columns) {
  try {
    connection_.execute(statements::create_staging(stage.name, columns));
  } catch (const Error& error) {
    if (error.sqlstate().empty() || error.action() != Action::give_up) throw;
    allowed_ = false;
    throw Error(error.code(), Action::retry, error.what()).with_sqlstate(error.sqlstate());
  }
}

bool StagingTables::outlived(const Stage& stage) const {
  return stage.lasting && std::chrono::steady_clock::now() - stage.made >= lifetime_;
}

/// What a transaction made went with it, unless it committed.
void StagingTables::prepare() {
  for (auto one = stages_.begin(); one != stages_.end();) {
    Stage& stage = one->second;
    const bool old = outlived(stage);
    if (old) connection_.execute("DROP TABLE IF EXISTS " + stage.name);
    stage.used = false;
    one = old || !stage.lasting ? stages_.erase(one) : std::next(one);
  }
}

void StagingTables::committed() {
  for (auto& [types, stage] : stages_) stage.lasting = true;
}

}  // namespace voyager::postgres
