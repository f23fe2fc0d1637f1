// SPDX-License-Identifier: Apache-2.0
#include "cli/way_back.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "changes/source_history.hpp"
#include "cli/settings.hpp"
#include "exportdir/table_json.hpp"
#include "model/roles.hpp"

namespace voyager::cli {
namespace {

constexpr ErrorCode not_capturable{7010};

/// The migrating tables, as a catalog describes them.
std::vector<Table> tables_there(const exportdir::MetaDb& meta, engine::ChangeSource& database) {
  std::set<QualifiedName> wanted;
  std::set<std::string> schemas;
  for (const Table& table : migrating_tables(meta)) {
    wanted.insert(table.name);
    schemas.insert(table.name.schema);
  }
  std::vector<Table> there = database.catalog()->tables({schemas.begin(), schemas.end()});
  std::erase_if(there, [&](const Table& table) { return !wanted.contains(table.name); });
  if (there.size() != wanted.size()) {
    fail(not_capturable, "tables of this migration are missing on the target",
         "Create them as import schema did, then run the command again");
  }
  return there;
}

}  // namespace

void open_target_capture(const Flow& flow, const engine::Endpoint& target,
                         const std::stop_token& stop) {
  const auto database = flow.registry.change_source(target);
  const auto control = database->capture_control();
  const std::vector<Table> tables = tables_there(flow.meta, *database);
  const std::vector<std::string> problems = control->preflight(tables);
  for (const std::string& problem : problems) flow.status.warning(problem);
  if (!problems.empty()) {
    fail(not_capturable,
         fmt::format("the changes of the target can't be captured: {}", problems.front()),
         "Mend it and run the same command again; the cutover goes on then");
  }
  prepare_identities(flow, *control, tables, settings::target_changes);
  VOYAGER_FAILPOINT("way_back.before_create");
  const engine::CaptureNames names = target_capture_names(flow.meta.migration_uuid());
  changes::forget_slot(flow.meta, names.slot);
  control->create(
      names, tables,
      flow.waiting("creating the replication slot on the target", roles::target_db_importer, stop));
  VOYAGER_FAILPOINT("way_back.after_create");
  flow.meta.set_setting(settings::target_tables, exportdir::tables_to_json(tables));
  flow.status.line(fmt::format(
      "replication slot {} on the target: its changes are kept from now on", names.slot));
  for (const std::string& caution : control->cautions()) flow.status.warning(caution);
}

void open_source_capture(const Flow& flow, const engine::Endpoint& source,
                         const std::stop_token& stop) {
  const auto database = flow.registry.change_source(source);
  const auto control = database->capture_control();
  const std::vector<Table> tables = migrating_tables(flow.meta);
  prepare_identities(flow, *control, tables, settings::source_changes);
  VOYAGER_FAILPOINT("restart.before_create");
  const engine::CaptureNames names = source_capture_names(flow.meta.migration_uuid());
  changes::forget_slot(flow.meta, names.slot);
  control->create(
      names, tables,
      flow.waiting("creating the replication slot on the source", roles::source_db_importer, stop));
  VOYAGER_FAILPOINT("restart.after_create");
  flow.status.line(fmt::format(
      "replication slot {} on the source: its changes are kept from now on", names.slot));
}

std::vector<Table> captured_target_tables(const exportdir::MetaDb& meta) {
  return exportdir::tables_from_json(meta.setting(settings::target_tables).value_or("[]"));
}

void tell_about_target_capture(const Flow& flow, const engine::Endpoint& target) {
  try {
    const auto database = flow.registry.change_source(target);
    for (const std::string& problem :
         database->capture_control()->preflight(tables_there(flow.meta, *database)))
      flow.status.line("only for fall-forward or fall-back, before the cutover: " + problem);
  } catch (const Error& error) {
    log::warn("whether the target's changes can be captured is not known: {}", error.line());
  }
}

void tell_about_import_to_source(const Flow& flow, const engine::Endpoint& source) {
  try {
    const auto database = flow.registry.target(source, flow.meta.migration_uuid());
    const auto control = database->session_control();
    const std::vector<Table> tables = migrating_tables(flow.meta);
    for (const auto& lines : {control->obstacles(tables), control->cautions(tables)}) {
      for (const std::string& line : lines)
        flow.status.line("only for fall-back, before the cutover: " + line);
    }
  } catch (const Error& error) {
    log::warn("whether changes can be imported into the source is not known: {}", error.line());
  }
}

}  // namespace voyager::cli
