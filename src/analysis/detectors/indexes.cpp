// SPDX-License-Identifier: Apache-2.0
#include "analysis/detectors/detectors.hpp"

namespace voyager::analysis {
namespace {

void see_method(const ParsedStatement& statement, const std::string& method, FindingSink& sink) {
  if (method == "gist") sink.report("UNSUPPORTED_GIST_INDEX_METHOD", statement);
  if (method == "brin") sink.report("UNSUPPORTED_BRIN_INDEX_METHOD", statement);
  if (method == "spgist") sink.report("UNSUPPORTED_SPGIST_INDEX_METHOD", statement);
}

void see_gin(const ParsedStatement& statement, FindingSink& sink) {
  const Json& columns = member(statement.node(), "indexParams");
  if (columns.size() > 1) sink.report("MULTI_COLUMN_GIN_INDEX", statement);
  for (const Json& item : columns) {
    // ASC is the only order that YugabyteDB accepts there.
    const Json& column = member(item, "IndexElem");
    if (text(column, "ordering") == "SORTBY_DESC" ||
        text(column, "nulls_ordering") != "SORTBY_NULLS_DEFAULT")
      sink.report("ORDERED_GIN_INDEX", statement, text(column, "name"));
  }
}

}  // namespace

void detect_indexes(const ParsedStatement& statement, const SchemaFacts&, FindingSink& sink) {
  if (!statement.is("IndexStmt")) return;
  const std::string method = text(statement.node(), "accessMethod");
  see_method(statement, method, sink);
  if (method == "gin" || method == "ybgin") see_gin(statement, sink);
}

}  // namespace voyager::analysis
