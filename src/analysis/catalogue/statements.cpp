// SPDX-License-Identifier: Apache-2.0
#include "analysis/catalogue/parts.hpp"

// yb-voyager finds these by regular expressions in the text (analyzeSchema.go) and gives them no
// type. The types are ours; the facts and issue numbers are its own.

namespace voyager::analysis {
namespace {

constexpr std::string_view alter_forms = "unsupported-alter-table-ddl-variants-in-source-schema";
constexpr int alter_table_tracker = 1124;

Issue feature(std::string type, std::string name, std::string description, std::string suggestion,
              std::string github, std::string docs = "") {
  return {.type = std::move(type),
          .name = std::move(name),
          .description = std::move(description),
          .suggestion = std::move(suggestion),
          .github = std::move(github),
          .docs = std::move(docs)};
}

Issue alter_table(std::string type, const std::string& form, std::string suggestion,
                  int number = alter_table_tracker) {
  return feature(std::move(type), "ALTER TABLE " + form,
                 "ALTER TABLE ... " + form + " is not supported.", std::move(suggestion),
                 yugabytedb_issue(number), postgresql_page(alter_forms));
}

std::vector<Issue> alter_issues() {
  const std::string remove = "Remove the statement.";
  return {
      alter_table("ALTER_TABLE_OF_TYPE", "OF / NOT OF", remove),
      alter_table("ALTER_TABLE_SET_SCHEMA", "SET SCHEMA", "Create the table in that schema.", 3947),
      alter_table("ALTER_TABLE_SET_STATISTICS", "ALTER COLUMN SET STATISTICS", remove),
      alter_table("ALTER_TABLE_SET_STORAGE", "ALTER COLUMN SET STORAGE", remove),
      alter_table("ALTER_TABLE_RESET", "RESET and ALTER COLUMN RESET", remove),
      alter_table("ALTER_TABLE_ALTER_CONSTRAINT", "ALTER CONSTRAINT",
                  "Write the constraint as it shall be where it is created."),
      alter_table("ALTER_TABLE_SET_WITH_OIDS", "SET WITH OIDS",
                  "Remove the statement; use a column of your own."),
      alter_table("ALTER_TABLE_SET_WITHOUT_CLUSTER", "SET WITHOUT CLUSTER", remove),
      alter_table("ALTER_TABLE_SET_PARAMETERS", "SET (...)", remove),
      alter_table("ALTER_TABLE_OPTIONS", "OPTIONS", "Write the options in CREATE FOREIGN TABLE."),
      alter_table("ALTER_TABLE_INHERIT", "INHERIT", "See table inheritance."),
      alter_table("ALTER_TABLE_VALIDATE_CONSTRAINT", "VALIDATE CONSTRAINT",
                  "Create the constraint without NOT VALID after the data is there."),
      feature("ALTER_INDEX_SET", "ALTER INDEX SET", "Indexes have no storage parameters.",
              "Remove the statement.", yugabytedb_issue(alter_table_tracker),
              postgresql_page(alter_forms)),
      feature("ALTER_TYPE_ATTRIBUTE", "ALTER TYPE .. ATTRIBUTE",
              "The attributes of a composite type can't be added, dropped or changed.",
              "Write the type as it shall be where it is created.", yugabytedb_issue(1893)),
      feature("ALTER_TABLESPACE", "ALTER TABLESPACE",
              "The options of a tablespace can't be changed.",
              "Create the tablespace with its options.", yugabytedb_issue(1153)),
      feature("ALTER_VIEW", "ALTER VIEW", "Views can't be altered.",
              "Create the view as it shall be (CREATE OR REPLACE VIEW).", yugabytedb_issue(1131)),
      feature("ALTER_AGGREGATE", "ALTER AGGREGATE", "Aggregates can't be altered.",
              "Create the aggregate as it shall be.", yugabytedb_issue(2717)),
      feature("ALTER_CONVERSION", "ALTER CONVERSION", "There are no conversions between encodings.",
              "Remove the statement.", yugabytedb_issue(10866),
              postgresql_page("create-or-alter-conversion-is-not-supported")),
  };
}

std::vector<Issue> create_issues() {
  return {
      feature("CREATE_CONVERSION", "CREATE CONVERSION",
              "There are no conversions between encodings; the database is UTF8.",
              "Remove it, and convert in the client.", yugabytedb_issue(10866),
              postgresql_page("create-or-alter-conversion-is-not-supported")),
      feature("CREATE_ACCESS_METHOD", "CREATE ACCESS METHOD", "There are no access methods to add.",
              "Remove it, and what uses it.", yugabytedb_issue(10693)),
      feature("VIEW_CHECK_OPTION", "VIEW .. WITH CHECK OPTION",
              "A view does not check the rows that are written through it.",
              "Use INSTEAD OF triggers on the view, or checks on the table.",
              yugabytedb_issue(22716), postgresql_page("view-with-check-option-is-not-supported")),
      feature("CREATE_SCHEMA_WITH_ELEMENTS", "CREATE SCHEMA with elements",
              "CREATE SCHEMA can't create objects in the same statement.",
              "Create the objects in statements of their own.", yugabytedb_issue(10865)),
      feature("LIKE_IN_CREATE_TABLE", "LIKE in CREATE TABLE",
              "CREATE TABLE ... (LIKE ...) is not supported in all its forms.",
              "Write the columns out.", yugabytedb_issue(10697)),
      feature("WITH_OIDS", "WITH OIDS", "Rows have no OIDs.", "Use a column of your own.",
              yugabytedb_issue(10273)),
      feature("FOREIGN_TABLE_KEY", "Keys on foreign tables",
              "A foreign table has no primary, unique or foreign keys.", "Remove the constraint.",
              yugabytedb_issue(10698)),
      feature("LANGUAGE_C_FUNCTION", "LANGUAGE C",
              "The function's library is not on the target's hosts, and creating it needs a "
              "superuser.",
              "Write the function in SQL or PL/pgSQL, or use an extension that has it.",
              voyager_issue(1540)),
      feature("COMPOUND_TRIGGER", "COMPOUND TRIGGER", "Oracle's compound triggers are not known.",
              "Write one trigger for each of its timing points.", voyager_issue(1543)),
      {.type = "ORACLE_DATATYPE",
       .name = "Oracle's self-describing types",
       .category = Category::unsupported_datatypes,
       .description = "The types AnyData, AnyDataSet, AnyType and URIType have no counterpart.",
       .suggestion = "Remove the column or give it another type.",
       .github = voyager_issue(1541),
       .docs = ""},
  };
}

std::vector<Issue> other_issues() {
  return {
      feature("UNSUPPORTED_PG_SYNTAX", "Syntax that could not be understood",
              "The statement is not in PostgreSQL 15's grammar, which is all that was checked.",
              "Correct it. Leave it as it is when it is meant for YugabyteDB (HASH, SPLIT INTO).",
              voyager_issue(1625)),
      feature("DROP_MULTIPLE_OBJECTS", "DROP of several objects",
              "A DROP statement takes one collation, index, view, sequence or foreign table.",
              "Write one statement for each.", yugabytedb_issue(880)),
      feature("DROP_INDEX_CONCURRENTLY", "DROP INDEX CONCURRENTLY",
              "An index can't be dropped concurrently.", "Remove CONCURRENTLY.",
              yugabytedb_issue(22717)),
      feature("DROP_TEMPORARY_TABLE", "DROP TEMPORARY TABLE",
              "PostgreSQL's DROP TABLE has no word for temporary tables.", "Remove TEMPORARY.",
              voyager_issue(705), mysql_page("drop-temporary-table-statements-are-not-supported")),
      feature("REINDEX", "REINDEX", "There is no REINDEX.", "Drop the index and create it again.",
              yugabytedb_issue(10267)),
      {.type = "WINDOW_RANGE_WITH_FLOAT_OFFSET",
       .name = "Window RANGE with an offset of another type",
       .impact = Impact::level_2,
       .category = Category::unsupported_query_constructs,
       .description = "RANGE with an offset of type double precision over a numeric column is not "
                      "supported.",
       .suggestion = "Cast the offset to numeric.",
       .github = yugabytedb_issue(10692),
       .docs = ""},
      {.type = "CURSOR_FETCH_FORM",
       .name = "FETCH other than the next row",
       .impact = Impact::level_2,
       .category = Category::unsupported_query_constructs,
       .description = "FETCH and MOVE in directions other than the next rows may not be supported.",
       .suggestion = "Try the routine on the target; read the rows into an array where it fails.",
       .github = yugabytedb_issue(6514),
       .docs = ""},
      {.type = "WHERE_CURRENT_OF",
       .name = "WHERE CURRENT OF",
       .impact = Impact::level_2,
       .category = Category::unsupported_query_constructs,
       .description = "The row of a cursor can't be updated or deleted by WHERE CURRENT OF.",
       .suggestion = "Name the row by its key.",
       .github = yugabytedb_issue(737),
       .docs = ""},
      {.type = "BULK_COLLECT",
       .name = "BULK COLLECT",
       .impact = Impact::level_2,
       .category = Category::unsupported_query_constructs,
       .description = "Oracle's BULK COLLECT was not converted.",
       .suggestion = "Use array_agg(), or a loop over the rows.",
       .github = voyager_issue(1539),
       .docs = ""},
  };
}

}  // namespace

std::vector<Issue> statement_issues() {
  std::vector<Issue> issues;
  for (const auto part : {alter_issues, create_issues, other_issues})
    for (Issue& issue : part()) issues.push_back(std::move(issue));
  return issues;
}

}  // namespace voyager::analysis
