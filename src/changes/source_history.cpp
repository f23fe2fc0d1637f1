// SPDX-License-Identifier: Apache-2.0
#include "changes/source_history.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"

namespace voyager::changes {
namespace {

constexpr ErrorCode history_lost{5015};

std::string setting_of(const std::string& slot) {
  return slot + ".history";
}

}  // namespace

void fail_lost_history(const Position& after, const std::string& place) {
  fail(history_lost,
       fmt::format("the log of the {} ends before {}, which was captured already: it was put back "
                   "to an earlier state, or another server has taken its place",
                   place, after.text),
       "Bring the newest state of the database back; if there is none, begin anew with export "
       "data --start-clean true");
}

void follow_history(exportdir::MetaDb& meta, const engine::ChangeStream& stream,
                    const std::string& slot, const Position& after, const std::string& place) {
  const std::string present = stream.history();
  const auto recorded = meta.setting(setting_of(slot));
  if (present.empty() || recorded == present) return;
  if (recorded) {
    if (!stream.continues(*recorded, after)) fail_lost_history(after, place);
    log::info("capture: the {} has gone on from {} to {}, and has everything up to {}", place,
              *recorded, present, after.text);
  }
  meta.set_setting(setting_of(slot), present);
}

void forget_slot(exportdir::MetaDb& meta, const std::string& slot) {
  meta.forget_confirmed(slot);
  meta.remove_setting(setting_of(slot));
}

}  // namespace voyager::changes
