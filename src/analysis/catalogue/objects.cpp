// SPDX-License-Identifier: Apache-2.0
#include "analysis/catalogue/parts.hpp"

namespace voyager::analysis {

std::vector<Issue> object_issues() {
  return {
      {.type = "POLICY_WITH_ROLES",
       .name = "Policy with Roles",
       .category = Category::migration_caveats,
       .description = "The policy is for roles; roles are not part of an exported schema.",
       .suggestion = "Create the roles on the target before the schema is imported.",
       .github = voyager_issue(1655),
       .docs = postgresql_page("policies-on-users-in-source-require-manual-user-creation")},
      {.type = "FOREIGN_TABLE",
       .name = "Foreign Table",
       .category = Category::migration_caveats,
       .description = "A foreign table needs its server, which is not part of an exported schema.",
       .suggestion = "Create the server and its user mappings on the target by hand first, or "
                     "leave the table out.",
       .github = voyager_issue(1627),
       .docs = postgresql_page("foreign-table-in-the-source-database-requires-server-and-user-"
                               "mapping")},
      {.type = "SECURITY_INVOKER_VIEWS",
       .name = "Security Invoker Views",
       .description = "In this release a view always has the rights of its owner.",
       .suggestion = "Use a function that is SECURITY INVOKER, or choose a release that has it.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features"),
       .ga = since_postgresql_15()},
      {.type = "DETERMINISTIC_OPTION_WITH_COLLATION",
       .name = "Deterministic attribute in collation",
       .description = "In this release a collation has no attribute DETERMINISTIC.",
       .suggestion = "Remove it: a collation is deterministic without it.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features"),
       .ga = since_postgresql_15()},
      {.type = "NON_DETERMINISTIC_COLLATION",
       .name = "Non-Deterministic collations",
       .description = "Collations that find different texts equal are not supported.",
       .suggestion = "Compare with lower() or a normalized column instead.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features")},
      {.type = "SQL_BODY_IN_FUNCTION",
       .name = "SQL Body in function",
       .description = "In this release a function's body is a text, not BEGIN ATOMIC or RETURN.",
       .suggestion = "Write the body as a text: LANGUAGE sql AS $$ ... $$.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features"),
       .ga = since_postgresql_15()},
      {.type = "DATABASE_OPTIONS_PG15",
       .name = "Database options",
       .impact = Impact::level_2,
       .description = "CREATE DATABASE has options that came with PostgreSQL 15 and earlier ones "
                      "that YugabyteDB does not take.",
       .suggestion = "Remove the options.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features")},
      {.type = "DATABASE_OPTIONS_PG17",
       .name = "Database options",
       .impact = Impact::level_2,
       .description = "CREATE DATABASE has options that came with PostgreSQL 16 and 17.",
       .suggestion = "Remove the options.",
       .github = yugabytedb_issue(25575),
       .docs = postgresql_page("postgresql-12-and-later-features")},
      {.type = "UNSUPPORTED_EXTENSION",
       .name = "Unsupported Extension",
       .impact = Impact::level_3,
       .description = "YugabyteDB does not come with the extension.",
       .suggestion = "Remove it and what uses it, or see whether the target's hosts can install "
                     "it.",
       .github = voyager_issue(1538),
       .docs = "https://docs.yugabyte.com/stable/additional-features/pg-extensions/"},
  };
}

}  // namespace voyager::analysis
