// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stop_token>

#include "cli/flow_steps.hpp"

namespace voyager::cli {

/// Makes publication and slot for the changes of the target (fall-forward, fall-back). Called after
/// our last change there and before applications write: so none of ours comes back, and none of
/// theirs is missed. Records the tables as the target's catalog has them. Repeating it makes the
/// capture anew. A stop ends its waits with E5014. Throws: E7010 when the target can't be captured,
/// with what to do.
void open_target_capture(const Flow& flow, const engine::Endpoint& target,
                         const std::stop_token& stop);

/// The same on the source, for the next round.
void open_source_capture(const Flow& flow, const engine::Endpoint& source,
                         const std::stop_token& stop);

/// The tables that open_target_capture() recorded.
std::vector<Table> captured_target_tables(const exportdir::MetaDb& meta);

/// What would keep `import data to source` from working after the cutover is shown as warnings,
/// too.
void tell_about_import_to_source(const Flow& flow, const engine::Endpoint& source);

/// What would keep open_target_capture() from working is told, early enough to be
/// mended before the cutover.
void tell_about_target_capture(const Flow& flow, const engine::Endpoint& target);

}  // namespace voyager::cli
