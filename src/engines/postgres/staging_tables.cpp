// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/staging_tables.hpp"

#include <fmt/format.h>

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

/// What a transaction made goes with it, unless it commits.
void StagingTables::begun() {
  std::erase_if(stages_, [](const auto& one) { return !one.second.lasting; });
  for (auto& [types, stage] : stages_) stage.used = false;
}

void StagingTables::committed() {
  for (auto& [types, stage] : stages_) stage.lasting = true;
}

}  // namespace voyager::postgres
