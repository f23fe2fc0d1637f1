// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engine/source.hpp"
#include "engine/target.hpp"
#include "exportdir/meta_db.hpp"

namespace voyager::cli {

/// What a migration leaves on its source, named after its UUID (names as the reference's documents
/// give them).
engine::CaptureNames capture_names(std::string migration_uuid);

/// Puts back what was recorded and changed on the source (replica identities); nothing recorded is
/// fine.
void restore_source(exportdir::MetaDb& meta, engine::CaptureControl& capture);

/// Puts back what was recorded and switched off on the target; nothing recorded is fine.
void restore_target(exportdir::MetaDb& meta, engine::SessionControl& control);

}  // namespace voyager::cli
