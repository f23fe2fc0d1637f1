// SPDX-License-Identifier: Apache-2.0
#include "cli/flow_steps.hpp"

#include <algorithm>
#include <utility>

#include "cli/settings.hpp"
#include "cutover/records.hpp"

namespace voyager::cli {

engine::CaptureNames capture_names(std::string migration_uuid) {
  std::replace(migration_uuid.begin(), migration_uuid.end(), '-', '_');
  return {"voyager_" + migration_uuid, "voyager_dbz_publication_" + migration_uuid};
}

void restore_source(exportdir::MetaDb& meta, engine::CaptureControl& capture) {
  const auto recorded = meta.setting(settings::source_changes);
  if (!recorded) return;
  for (const auto& change : cutover::source_changes_from_json(*recorded))
    capture.restore_identity(change);
  meta.remove_setting(settings::source_changes);
}

void restore_target(exportdir::MetaDb& meta, engine::SessionControl& control) {
  const auto recorded = meta.setting(settings::target_suspended);
  if (!recorded) return;
  for (const auto& object : cutover::suspended_from_json(*recorded)) control.restore(object);
  meta.remove_setting(settings::target_suspended);
}

}  // namespace voyager::cli
