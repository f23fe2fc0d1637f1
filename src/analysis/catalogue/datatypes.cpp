// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "analysis/catalogue/parts.hpp"

namespace voyager::analysis {
namespace {

constexpr std::string_view by_database = "unsupported-datatypes-by-yugabytedb";
constexpr std::string_view by_live = "unsupported-datatypes-by-voyager-during-live-migration";
constexpr std::string_view no_index = "indexes-on-some-complex-data-types-are-not-supported";

Issue datatype(std::string type, std::string_view name, std::string suggestion, std::string github,
               std::string_view anchor = by_database) {
  return {.type = "UNSUPPORTED_DATATYPE_" + std::move(type),
          .name = fmt::format("Unsupported datatype - {}", name),
          .impact = Impact::level_3,
          .category = Category::unsupported_datatypes,
          .description = fmt::format("YugabyteDB does not store the type {}.", name),
          .suggestion = std::move(suggestion),
          .github = std::move(github),
          .docs = postgresql_page(anchor)};
}

Issue multirange(std::string type, std::string_view name) {
  Issue issue = datatype(std::move(type), name,
                         "Use an array of the range type, or choose a release that has it.",
                         yugabytedb_issue(25575), "postgresql-12-and-later-features");
  issue.description = fmt::format("This release does not have the type {}.", name);
  issue.ga = since_postgresql_15();
  return issue;
}

Issue live(std::string type, std::string_view name) {
  return {.type = "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_" + std::move(type),
          .name = fmt::format("Unsupported datatype for Live migration - {}", name),
          .category = Category::migration_caveats,
          .description = fmt::format(
              "Migrations that read changes through Debezium leave columns of type {} out. This "
              "program carries them in the server's text form.",
              name),
          .suggestion = "Compare the rows of such tables before the cutover (verify data).",
          .github = voyager_issue(1731),
          .docs = postgresql_page(by_live)};
}

Issue way_back(std::string type, std::string_view name) {
  return {.type = "UNSUPPORTED_DATATYPE_LIVE_MIGRATION_WITH_FF_FB_" + std::move(type),
          .name = fmt::format(
              "Unsupported datatype for Live migration with fall-forward/fallback - {}", name),
          .category = Category::migration_caveats,
          .description =
              "Changes of such columns on the target do not come back to a source or replica "
              "with every way of reading changes from YugabyteDB.",
          .suggestion =
              "Try the way back with the table's own data before you rely on it, or "
              "migrate without one.",
          .github = voyager_issue(1731),
          .docs = postgresql_page(by_live)};
}

std::string what_of(const std::string& type) {
  if (type == "array") return "array types";
  if (type == "user_defined") return "user-defined types";
  return "type " + type;
}

Issue key_on(const std::string& type) {
  const std::string what = what_of(type);
  return {.type = key_issue(type),
          .name = fmt::format("Primary/Unique key on column of {}", what),
          .description =
              fmt::format("A primary key or unique constraint can't have columns of {}.", what),
          .suggestion = "Choose a key of other columns, or store the value as text there.",
          .github = yugabytedb_issue(25003),
          .docs = postgresql_page(no_index)};
}

Issue index_on(const std::string& type) {
  const std::string what = what_of(type);
  return {.type = index_issue(type),
          .name = fmt::format("Index on column of {}", what),
          .description = fmt::format("An index can't have columns of {}.", what),
          .suggestion =
              "Remove the index; where equality is all that queries ask for, an index on "
              "the value as text can take its place. jsonb, tsvector and arrays can have "
              "a GIN index.",
          .github = yugabytedb_issue(25003),
          .docs = postgresql_page(no_index)};
}

std::vector<Issue> stored_issues() {
  const std::string no_gis = "Store the shape as text (WKT) or its numbers; there is no PostGIS.";
  const std::string other = "Store the value as text or bytea.";
  std::vector<Issue> issues{
      datatype("XML", "xml",
               "Store the document as text; the functions for XML are not there either.",
               yugabytedb_issue(1043), "data-ingestion-on-xml-data-type-is-not-supported"),
      datatype("XID", "xid", "Store the number as bigint.", yugabytedb_issue(15638),
               "xid-functions-is-not-supported"),
      datatype("LARGE_OBJECT", "lo", "Store the object as bytea, or outside of the database.",
               yugabytedb_issue(25318),
               "large-objects-and-its-functions-are-currently-not-"
               "supported"),
      datatype("RASTER", "raster", other, voyager_issue(1731)),
      datatype("PG_LSN", "pg_lsn", other, voyager_issue(1731)),
      datatype("TXID_SNAPSHOT", "txid_snapshot", other, voyager_issue(1731)),
      multirange("INT8MULTIRANGE", "int8multirange"),
      multirange("INT4MULTIRANGE", "int4multirange"),
      multirange("DATEMULTIRANGE", "datemultirange"),
      multirange("NUMMULTIRANGE", "nummultirange"),
      multirange("TSMULTIRANGE", "tsmultirange"),
      multirange("TSTZMULTIRANGE", "tstzmultirange"),
  };
  for (const auto& [type, name] :
       {std::pair{"GEOMETRY", "geometry"}, std::pair{"GEOGRAPHY", "geography"},
        std::pair{"BOX2D", "box2d"}, std::pair{"BOX3D", "box3d"},
        std::pair{"TOPOGEOMETRY", "topogeometry"}})
    issues.push_back(datatype(type, name, no_gis, yugabytedb_issue(11323)));
  return issues;
}

std::vector<Issue> live_issues() {
  std::vector<Issue> issues;
  for (const auto& [type, name] :
       {std::pair{"POINT", "point"}, std::pair{"LINE", "line"}, std::pair{"LSEG", "lseg"},
        std::pair{"BOX", "box"}, std::pair{"PATH", "path"}, std::pair{"POLYGON", "polygon"},
        std::pair{"CIRCLE", "circle"}, std::pair{"VECTOR", "vector"},
        std::pair{"TIMETZ", "timetz"}})
    issues.push_back(live(type, name));
  issues.push_back(way_back("USER_DEFINED", "User Defined Datatype"));
  issues.push_back(way_back("TSQUERY", "tsquery Datatype"));
  return issues;
}

}  // namespace

const std::vector<std::string>& unindexed_types() {
  static const std::vector<std::string> types{
      "citext",  "tsvector",  "tsquery",       "jsonb",     "inet",        "json",
      "macaddr", "macaddr8",  "cidr",          "bit",       "varbit",      "daterange",
      "tsrange", "tstzrange", "numrange",      "int4range", "int8range",   "interval",
      "circle",  "box",       "line",          "lseg",      "point",       "pg_lsn",
      "path",    "polygon",   "txid_snapshot", "array",     "user_defined"};
  return types;
}

std::vector<Issue> datatype_issues() {
  std::vector<Issue> issues = stored_issues();
  for (Issue& issue : live_issues()) issues.push_back(std::move(issue));
  for (const std::string& type : unindexed_types()) issues.push_back(key_on(type));
  for (const std::string& type : unindexed_types()) issues.push_back(index_on(type));
  return issues;
}

}  // namespace voyager::analysis
