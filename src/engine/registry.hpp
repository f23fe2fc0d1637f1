// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "engine/source.hpp"
#include "engine/statistics.hpp"
#include "engine/target.hpp"

namespace voyager::engine {

/// Which engine serves which --source-db-type and --target-db-type. Filled by main.cpp.
class Registry {
 public:
  using MakeSource = std::function<std::unique_ptr<SourceEngine>(const Endpoint&)>;
  using MakeChangeSource = std::function<std::unique_ptr<ChangeSource>(const Endpoint&)>;
  using MakeStatistics = std::function<std::unique_ptr<StatisticsSource>(const Endpoint&)>;
  /// migration_uuid names the migration in the target's ledger.
  using MakeTarget = std::function<std::unique_ptr<TargetEngine>(
      const Endpoint&, const std::string& migration_uuid)>;

  void add_source(const std::string& type, MakeSource make);
  /// For a type whose changes can be captured, but not its rows.
  void add_change_source(const std::string& type, MakeChangeSource make);
  void add_statistics(const std::string& type, MakeStatistics make);
  void add_target(const std::string& type, MakeTarget make);
  /// Throws: E3001 for a type that has no engine, naming those that have.
  std::unique_ptr<SourceEngine> source(const Endpoint& endpoint) const;
  std::unique_ptr<ChangeSource> change_source(const Endpoint& endpoint) const;
  std::unique_ptr<StatisticsSource> statistics(const Endpoint& endpoint) const;
  std::unique_ptr<TargetEngine> target(const Endpoint& endpoint,
                                       const std::string& migration_uuid) const;

 private:
  std::map<std::string, MakeSource> sources_;
  std::map<std::string, MakeChangeSource> change_sources_;
  std::map<std::string, MakeStatistics> statistics_;
  std::map<std::string, MakeTarget> targets_;
};

}  // namespace voyager::engine
