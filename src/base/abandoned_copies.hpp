// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace voyager {

/// Removes what writers of this file (or directory) left that were killed before they renamed it:
/// everything beside it that is named `<name>.<pid>.tmp`, with the pid of no running process.
/// Never throws: what can't be removed now goes with a later write.
void remove_abandoned_copies(const std::filesystem::path& path);

}  // namespace voyager
