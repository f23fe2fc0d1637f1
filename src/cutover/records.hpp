// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "engine/source.hpp"
#include "engine/target.hpp"

/// JSON text of what one process writes into meta.db for another, or for its own next run.
namespace voyager::cutover {

std::string to_json(const std::vector<Sequence>& sequences);
std::vector<Sequence> sequences_from_json(const std::string& text);

std::string to_json(const std::vector<engine::SuspendedObject>& objects);
std::vector<engine::SuspendedObject> suspended_from_json(const std::string& text);

std::string to_json(const std::vector<engine::SourceChange>& changes);
std::vector<engine::SourceChange> source_changes_from_json(const std::string& text);

/// Where the barrier of a cutover stands.
struct BarrierRecord {
  std::int64_t vsn = 0;  ///< in the change log
  Position position;     ///< of its transaction, in the database that it was written to
};
std::string to_json(const BarrierRecord& barrier);
BarrierRecord barrier_from_json(const std::string& text);

/// Without the password.
std::string to_json(const engine::Endpoint& endpoint);
engine::Endpoint endpoint_from_json(const std::string& text);

}  // namespace voyager::cutover
