// SPDX-License-Identifier: Apache-2.0
#include "engine/registry.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace voyager::engine {
namespace {

constexpr ErrorCode unknown_engine{3001};

template <typename Map>
const auto& find_or_fail(const Map& makers, const std::string& type) {
  const auto found = makers.find(type);
  if (found != makers.end()) return found->second;
  std::string known;
  for (const auto& [name, maker] : makers) known += known.empty() ? name : ", " + name;
  fail(unknown_engine, fmt::format("no support for database type \"{}\"", type),
       fmt::format("Use one of: {}", known));
}

}  // namespace

void Registry::add_source(const std::string& type, MakeSource make) {
  sources_[type] = std::move(make);
}

void Registry::add_change_source(const std::string& type, MakeChangeSource make) {
  change_sources_[type] = std::move(make);
}

void Registry::add_statistics(const std::string& type, MakeStatistics make) {
  statistics_[type] = std::move(make);
}

void Registry::add_target(const std::string& type, MakeTarget make) {
  targets_[type] = std::move(make);
}

std::unique_ptr<SourceEngine> Registry::source(const Endpoint& endpoint) const {
  return find_or_fail(sources_, endpoint.type)(endpoint);
}

std::unique_ptr<ChangeSource> Registry::change_source(const Endpoint& endpoint) const {
  if (sources_.contains(endpoint.type)) return source(endpoint);
  return find_or_fail(change_sources_, endpoint.type)(endpoint);
}

std::unique_ptr<StatisticsSource> Registry::statistics(const Endpoint& endpoint) const {
  return find_or_fail(statistics_, endpoint.type)(endpoint);
}

std::unique_ptr<TargetEngine> Registry::target(const Endpoint& endpoint,
                                               const std::string& migration_uuid) const {
  return find_or_fail(targets_, endpoint.type)(endpoint, migration_uuid);
}

}  // namespace voyager::engine
