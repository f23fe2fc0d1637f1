// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/source.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::changes {

/// Records which of the database's histories a slot's stream is from, and compares it with that of
/// the streams before: a standby that was promoted goes on if it has everything up to `after`.
/// `place` is for people: "source". Throws: E5015 (give_up) when what was captured last is not in
/// the history that the database has now.
void follow_history(exportdir::MetaDb& meta, const engine::ChangeStream& stream,
                    const std::string& slot, const Position& after, const std::string& place);

/// The end of what was captured is not in the database's history. Throws: E5015 (give_up).
[[noreturn]] void fail_lost_history(const Position& after, const std::string& place);

/// What was remembered of a slot that is made anew.
void forget_slot(exportdir::MetaDb& meta, const std::string& slot);

}  // namespace voyager::changes
