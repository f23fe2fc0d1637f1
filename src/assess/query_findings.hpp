// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/finding.hpp"
#include "analysis/schema_facts.hpp"
#include "assess/metadata.hpp"

namespace voyager::assess {

/// What stands in place of an object's type for a query.
inline constexpr std::string_view query_type = "QUERY";

struct QueryFindings {
  /// Each names its query: type "QUERY", the server's number as the name, and the nodes as the
  /// file.
  std::vector<analysis::Finding> findings;
  std::size_t looked_at = 0;  ///< different texts about the assessed schemas
  std::size_t unread = 0;     ///< of them, PostgreSQL's grammar refuses; not findings: servers cut
                              ///< long texts, and put placeholders where the grammar has none
};

/// Looks through the statements that the servers counted. The same text on several nodes counts
/// once. Left out: DDL, which the schema itself is judged by, and queries of other schemas or of
/// the system's catalogs alone.
QueryFindings find_in_queries(const Metadata& metadata, const analysis::SchemaFacts& facts);

}  // namespace voyager::assess
