// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace voyager::schema {

/// The SQL without what only YugabyteDB's grammar knows: how the columns of PRIMARY KEY are sharded
/// (HASH, ASC, DESC, parentheses around the hashed ones) and SPLIT INTO or SPLIT AT at the end. It
/// becomes blanks, so that offsets stay right. Source: gram.y of YugabyteDB 2025.1 (PRIMARY KEY
/// '(' yb_index_params ')', OptSplit). Throws: E4005 as scan_tokens().
std::string in_postgres_grammar(const std::string& sql);

}  // namespace voyager::schema
