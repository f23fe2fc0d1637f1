// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/registry.hpp"

namespace voyager::postgres {

/// Registers PostgreSQL ("postgresql": source, target, source-replica) and YugabyteDB
/// ("yugabytedb").
void register_engines(engine::Registry& registry);

/// In source_engine.cpp: the changes of a target, which may be YugabyteDB or PostgreSQL. The
/// environment variable YB_VOYAGER_OUTPUT_PLUGIN=pgoutput chooses another plug-in than yboutput.
std::unique_ptr<engine::ChangeSource> make_change_source(const engine::Endpoint& endpoint);
/// In statistics.cpp, for PostgreSQL 9.6 and later and YugabyteDB.
std::unique_ptr<engine::StatisticsSource> make_statistics_source(const engine::Endpoint& endpoint);
/// In source_engine.cpp and target_engine.cpp.
std::unique_ptr<engine::SourceEngine> make_source_engine(const engine::Endpoint& endpoint);
std::unique_ptr<engine::TargetEngine> make_target_engine(const engine::Endpoint& endpoint,
                                                         const std::string& migration_uuid);

}  // namespace voyager::postgres
