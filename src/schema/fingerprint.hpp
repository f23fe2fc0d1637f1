// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace voyager::schema {

/// A text that is the same for statements which differ only in constants, numbers of parameters,
/// lengths of lists of them, comments and layout. What the grammar refuses is told apart by its
/// words. Threads: any number at once. Source: libpg_query's wiki, "Fingerprinting".
std::string fingerprint(const std::string& sql);

}  // namespace voyager::schema
