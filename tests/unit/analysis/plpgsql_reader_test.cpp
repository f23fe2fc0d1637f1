// SPDX-License-Identifier: Apache-2.0
#include "analysis/plpgsql_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/parse_tree.hpp"

namespace voyager::analysis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// The pieces with runs of white space as one space.
std::vector<std::string> texts(const std::string& body) {
  std::vector<std::string> texts;
  for (const SqlPiece& piece : read_plpgsql(body)) {
    std::string text;
    for (const char c : piece.text)
      if ((c != ' ' && c != '\n') || (!text.empty() && text.back() != ' '))
        text += c == '\n' ? ' ' : c;
    EXPECT_FALSE(schema::parse_sql(piece.text).failure) << piece.text;
    texts.push_back(text);
  }
  return texts;
}

TEST(PlpgsqlReaderTest, ReadsDeclaredValuesAndCursors) {
  EXPECT_THAT(
      texts("DECLARE a int; b int := 1 + 2; c text DEFAULT f(';'); d constant int = 4;\n"
            "k CURSOR (x int) FOR SELECT ctid FROM t WHERE id = x; e alias for $1; BEGIN "
            "END"),
      ElementsAre("SELECT 1 + 2", "SELECT f(';')", "SELECT 4", "SELECT ctid FROM t WHERE id = x"));
}

TEST(PlpgsqlReaderTest, LeavesIntoOutOfQueriesOnly) {
  EXPECT_THAT(texts("BEGIN SELECT a, b INTO STRICT r.x, y[1] FROM t; INSERT INTO t VALUES (1) "
                    "RETURNING id INTO n; SELECT max(a) INTO m; END;"),
              ElementsAre("SELECT a, b FROM t", "INSERT INTO t VALUES (1) RETURNING id ",
                          "SELECT max(a) "));
}

TEST(PlpgsqlReaderTest, ReadsConditionsWithCaseExpressionsInThem) {
  EXPECT_THAT(
      texts("BEGIN IF CASE WHEN a THEN b ELSE c END THEN x := 1; ELSIF q THEN NULL; ELSE y "
            "= 2; END IF; END;"),
      ElementsAre("SELECT CASE WHEN a THEN b ELSE c END", "SELECT 1", "SELECT q", "SELECT 2"));
  EXPECT_THAT(texts("BEGIN CASE k WHEN 1, 2 THEN PERFORM f(); ELSE NULL; END CASE; END"),
              ElementsAre("SELECT k", "SELECT 1", "SELECT 2", "SELECT f()"));
}

TEST(PlpgsqlReaderTest, ReadsEveryKindOfLoop) {
  EXPECT_THAT(
      texts("BEGIN <<outer>> FOR i IN REVERSE a+1..b BY 2 LOOP EXIT outer WHEN i > 3; END "
            "LOOP; FOR r IN SELECT * FROM t LOOP END LOOP; FOR r IN (SELECT 1) LOOP END "
            "LOOP; FOR r IN EXECUTE q USING v LOOP END LOOP; FOR r IN cur(3) LOOP END LOOP; "
            "FOREACH x SLICE 1 IN ARRAY f(z) LOOP CONTINUE; END LOOP; WHILE g() LOOP END "
            "LOOP; END"),
      ElementsAre("SELECT a+1", "SELECT b", "SELECT 2", "SELECT i > 3", "SELECT * FROM t",
                  "(SELECT 1)", "SELECT q", "SELECT v", "SELECT f(z)", "SELECT g()"));
}

TEST(PlpgsqlReaderTest, ReadsWhatIsReturnedRaisedAndAsserted) {
  EXPECT_THAT(
      texts("BEGIN RETURN NEXT r.a; RETURN QUERY SELECT 1; RETURN QUERY EXECUTE s USING b, "
            "c; RAISE NOTICE 'x % %', f(a, b), c USING HINT = h(), ERRCODE = '22012'; "
            "ASSERT a > 0, 'bad'; RETURN; END"),
      ElementsAre("SELECT r.a", "SELECT 1", "SELECT s", "SELECT b", "SELECT c", "SELECT f(a, b)",
                  "SELECT c", "SELECT h()", "SELECT '22012'", "SELECT a > 0", "SELECT 'bad'"));
}

TEST(PlpgsqlReaderTest, ReadsCursorsAndAssignmentsThatTheParserOfPlpgsqlRefuses) {
  EXPECT_THAT(
      texts("BEGIN OPEN c FOR SELECT 1; OPEN d FOR EXECUTE 'x' || y USING z; FETCH RELATIVE "
            "-2 FROM c INTO r; MOVE LAST FROM c; CLOSE c; m.a := 3; arr[i + 1] := 2; "
            "UPDATE t SET a = 1 WHERE CURRENT OF c; END"),
      ElementsAre("SELECT 1", "SELECT 'x' || y", "SELECT z", "FETCH RELATIVE -2 FROM c ",
                  "MOVE LAST FROM c", "SELECT 3", "SELECT arr[i + 1]", "SELECT 2",
                  "UPDATE t SET a = 1 WHERE CURRENT OF c"));
}

TEST(PlpgsqlReaderTest, ReadsHandlersAndWhatFollowsThem) {
  EXPECT_THAT(texts("BEGIN BEGIN PERFORM a(); EXCEPTION WHEN unique_violation OR SQLSTATE '22012' "
                    "THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT; CALL p(m); END; PERFORM b(); "
                    "END"),
              ElementsAre("SELECT a()", "CALL p(m)", "SELECT b()"));
}

TEST(PlpgsqlReaderTest, ReadsTheQueryThatExecuteRunsWhenItIsOneLiteral) {
  EXPECT_THAT(texts("BEGIN EXECUTE 'SELECT ''a'' FROM t' INTO x USING 1; EXECUTE $q$SELECT "
                    "2$q$; END"),
              ElementsAre("SELECT 'SELECT ''a'' FROM t'", "SELECT 'a' FROM t", "SELECT 1",
                          "SELECT $q$SELECT 2$q$", "SELECT 2"));
}

TEST(PlpgsqlReaderTest, KeepsPlaces) {
  const std::string body = "\nBEGIN\n  a := f(\n    1);\n  SELECT x INTO\n y FROM t;\nEND";
  const auto pieces = read_plpgsql(body);
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(body.substr(pieces[0].offset, 2), "f(");
  EXPECT_EQ(body.substr(pieces[1].offset, 6), "SELECT");
  EXPECT_EQ(pieces[1].text, "SELECT x     \n   FROM t");
}

TEST(PlpgsqlReaderTest, SurvivesWhatIsCutShort) {
  for (const char* body : {"", "BEGIN", "DECLARE", "DECLARE x int :=", "BEGIN IF", "FOR",
                           "FOR x IN", "BEGIN CASE", "RAISE", "EXECUTE", "SELECT INTO", "x[", "<<",
                           "RETURN QUERY", "OPEN c FOR", "FETCH", "END", ";;;", "BEGIN WHEN"})
    EXPECT_NO_THROW(read_plpgsql(body)) << body;
  EXPECT_THAT(read_plpgsql("BEGIN NULL; END"), IsEmpty());
}

}  // namespace
}  // namespace voyager::analysis
