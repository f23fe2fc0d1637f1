// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

/// A type and SQL expressions of its edge values, without NULL, which every table gets.
struct TypeCase {
  std::string type;
  std::vector<std::string> values;
  bool has_array = true;
};

/// Quotes each text as a literal of the type.
std::vector<std::string> literals(const std::vector<std::string>& texts) {
  std::vector<std::string> result;
  for (const std::string& text : texts) {
    std::string quoted = "'";
    for (const char letter : text) {
      quoted += letter == '\'' ? std::string("''") : std::string(1, letter);
    }
    result.push_back(quoted + "'");
  }
  return result;
}

const char* const all_bytes =
    "(SELECT decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex') "
    "FROM generate_series(0, 255) i)";

std::vector<TypeCase> numbers() {
  return {
      {"smallint", literals({"-32768", "32767", "0"})},
      {"integer", literals({"-2147483648", "2147483647", "0"})},
      {"bigint", literals({"-9223372036854775808", "9223372036854775807", "0"})},
      {"numeric",
       {"'NaN'", "'Infinity'", "'-Infinity'", "'0.000'", "'-1.10'",
        "('1' || repeat('0', 999))::numeric",
        "(repeat('9', 500) || '.' || repeat('123456789', 55))::numeric", "'1e131000'",
        "'1e-16383'"}},
      {"numeric(20,5)", literals({"NaN", "0.00001", "-123456789012345.67890", "100.00000"})},
      {"numeric(5,-2)", literals({"1234500", "-100"})},
      {"real", literals({"NaN", "Infinity", "-Infinity", "-0", "1e-45", "3.4028235e38", "0.1"})},
      {"double precision", literals({"NaN", "Infinity", "-Infinity", "-0", "5e-324",
                                     "1.7976931348623157e308", "0.1", "0.30000000000000004"})},
      {"money", literals({"-92233720368547758.08", "92233720368547758.07", "0", "1.5"})},
      {"oid", literals({"0", "4294967295"})},
      {"xid", literals({"0", "4294967295"})},
      {"xid8", literals({"0", "18446744073709551615"})},
      {"cid", literals({"7"})},
      {"tid", literals({"(0,1)", "(4294967295,65535)"})},
      {"boolean", literals({"t", "f"})},
      {"pg_lsn", literals({"0/0", "FFFFFFFF/FFFFFFFF", "16/B374D848"})},
      {"pg_snapshot", literals({"10:20:10,14,15"})},
      {"txid_snapshot", literals({"10:20:10,14,15"})},
      {"int2vector", literals({"1 2 3", ""})},
      {"oidvector", literals({"1 2 4294967295", ""})},
  };
}

std::vector<TypeCase> texts() {
  const std::vector<std::string> awkward = {"''",
                                            "' '",
                                            "'NULL'",
                                            "'null'",
                                            "'\\N'",
                                            "'\\.'",
                                            "E'\\\\.\\n'",
                                            "E'\\n\\\\.\\n'",
                                            "E'a\\nb'",
                                            "E'a\\r\\nb'",
                                            "E'\\r'",
                                            "E'\\t'",
                                            "'\"'",
                                            "'\"\"'",
                                            "''''",
                                            "'\\'",
                                            "'\\\\'",
                                            "','",
                                            "'{}'",
                                            "'{\"a\",NULL}'",
                                            "'(,)'",
                                            "'Grüße, 世界 😀'",
                                            "E'\\x01\\x02\\x1f\\x7f'",
                                            "repeat('long 😀 \\ \" ', 1000)",
                                            "'$1 %s :x ? '"};
  std::vector<std::string> short_ones = awkward;
  short_ones.erase(short_ones.end() - 2);
  return {
      {"text", awkward},
      {"varchar", awkward},
      {"varchar(30)", short_ones},
      {"char(30)", short_ones},
      {"bpchar", short_ones},
      {"\"char\"", literals({"a", "", "\\"})},
      {"name", short_ones},
      {"citext", awkward},
      {"bytea",
       {"''", "'\\x00'", "'\\x5c'", all_bytes, "decode(repeat('00ff0a0d5c', 5000), 'hex')"}},
      {"bit(8)", literals({"00000000", "00000001", "11111111"})},
      {"bit varying", literals({"", "0", "0000000000000001", "1"})},
      {"bit varying(70)",
       literals({"00", "0000000000000000000000000000000000000000000000000000000000000000000001"})},
      {"uuid",
       literals({"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"})},
      {"json", literals({"{\"b\":1,  \"a\" : [null, \"\\u0041\\n\"], \"b\":2}", "null", "\"\"",
                         " [1.10, 1e400] "})},
      {"jsonb", literals({"{\"b\": 1, \"a\": [null, \"x\\\\y\\n\\\"\", 1.10]}", "null", "\"\"",
                          "1e400", "\"😀\""})},
      {"jsonpath", literals({"$.a[*] ? (@.b > 1)", "strict $"})},
      {"xml", literals({"<a b=\"c\">d &amp; e</a>", "text only", "<a/><b/>", ""})},
      {"tsvector", literals({"", "'a b':1A,2B 'it''s':3 back\\\\slash:4", "plain"})},
      {"tsquery", literals({"", "'a b' & !'c' | d:*AB <2> e"})},
      {"hstore", literals({"", "\"a\"=>NULL, \"b\"=>\"NULL\", \"c \\\" \\\\\"=>\"\""})},
      {"ltree", literals({"Top.Science.Astronomy", ""})},
      {"lquery", literals({"*.Science.*{1,2}"})},
      {"ltxtquery", literals({"Europe & Russia*@ & !Transportation"})},
      {"aclitem", literals({"=r/postgres", "postgres=arwdDxt/postgres"})},
      {"refcursor", literals({"cursor \"x\""})},
  };
}

std::vector<TypeCase> times() {
  return {
      {"date", literals({"infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "0001-12-31 BC",
                         "2024-02-29"})},
      {"time", literals({"00:00:00", "24:00:00", "23:59:59.999999", "12:00:00.000001"})},
      {"time(3)", literals({"23:59:59.999"})},
      {"timetz", literals({"00:00:00+15:59:59", "24:00:00-15:59:59", "12:34:56.789012+05:30"})},
      {"timestamp",
       literals({"infinity", "-infinity", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999",
                 "0044-03-15 12:00:00.000001 BC", "1999-12-31 23:59:59.999999"})},
      {"timestamp(0)", literals({"2024-02-29 12:00:00"})},
      {"timestamptz", literals({"infinity", "-infinity", "4713-01-01 00:00:00+00 BC",
                                "294276-12-31 23:59:59.999999+00", "1883-11-18 12:03:57-04:56:02",
                                "2024-03-31 02:30:00.000001+01"})},
      {"interval",
       literals({"178000000 years", "-178000000 years", "1 year -2 mons +3 days -04:05:06.789",
                 "00:00:00.000001", "-00:00:00.000001", "2147483647 days", "0", "1 mon -1 days",
                 "2562047788:00:54.775807"})},
      {"interval day to second", literals({"3 days 04:05:06.5"})},
  };
}

std::vector<TypeCase> shapes_and_nets() {
  return {
      {"point", literals({"(1e300,-0)", "(Infinity,NaN)", "(0.1,0.30000000000000004)"})},
      {"line", literals({"{1,2,3}", "{-1,0,0.1}"})},
      {"lseg", literals({"[(0,0),(1,-1)]"})},
      {"box", literals({"(1,1),(0,0)", "(1e-300,2),(-1,-2)"})},
      {"path", literals({"[(0,0),(1,1),(2,0)]", "((0,0),(1,1),(2,0))"})},
      {"polygon", literals({"((0,0),(1,1),(2,0))"})},
      {"circle", literals({"<(0,0),1>", "<(0.1,-5),0>"})},
      {"inet", literals({"192.168.0.1/24", "::1", "::ffff:1.2.3.4/96", "0.0.0.0/0"})},
      {"cidr", literals({"10.0.0.0/8", "2001:db8::/32", "::/0"})},
      {"macaddr", literals({"08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff"})},
      {"macaddr8", literals({"08:00:2b:01:02:03:04:05"})},
  };
}

std::vector<TypeCase> ranges() {
  return {
      {"int4range", literals({"empty", "(,)", "[1,2147483647)", "(,5)"})},
      {"int8range", literals({"empty", "[-9223372036854775808,0)"})},
      {"numrange", literals({"[1.10,2.200]", "(NaN,)", "empty", "(-Infinity,Infinity)"})},
      {"tsrange",
       literals({"[\"2024-01-01 00:00:00\",infinity]", "(\"0044-03-15 12:00:00 BC\",)", "empty"})},
      {"tstzrange",
       literals({"[\"2024-01-01 00:00:00+00\",\"2024-01-01 00:00:00.000001+00\")", "(,)"})},
      {"daterange", literals({"[2024-02-29,infinity)", "empty"})},
      {"int4multirange", literals({"{}", "{[1,2),[5,)}"})},
      {"int8multirange", literals({"{(,)}"})},
      {"nummultirange", literals({"{[1.1,2.2],(3,4)}", "{}"})},
      {"tsmultirange", literals({"{[\"2024-01-01 00:00:00\",infinity]}"})},
      {"tstzmultirange", literals({"{[\"2024-01-01 00:00:00+00\",)}"})},
      {"datemultirange", literals({"{[2024-01-01,2024-02-01),[2024-03-01,)}"})},
  };
}

std::vector<TypeCase> own_types() {
  return {
      {"mood", literals({"it's \"good\", ok", "bad", "", "ünï"})},
      {"\"Odd Enum\"", literals({"A", "a"})},
      {"short_text", literals({"", "it''s", "12345"})},
      {"moods", literals({"{bad,NULL,\"\"}", "{}"}), false},
      {"pair",
       {"ROW(1, 'a,\"b\"\\ (c)', '{bad,NULL}')::pair", "ROW(NULL, NULL, NULL)::pair",
        "ROW(NULL, '', '{}')::pair"}},
      {"nested",
       {"ROW(ROW(1, 'x', NULL), ARRAY[ROW(2, E'\\n', '{bad}')::pair, NULL], 'infinity')::nested"}},
      {"floatrange", literals({"[0.1,Infinity]", "empty"})},
      {"floatmultirange", literals({"{[0.1,0.2),(1,)}"})},
      {"regclass", literals({"pg_class", "public.type_0"})},
      {"regtype", literals({"integer", "public.mood"})},
      {"regproc", literals({"now"})},
      {"regrole", literals({"postgres"})},
      {"regnamespace", literals({"public"})},
  };
}

const char* const own_type_definitions =
    "CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION ltree;\n"
    "CREATE TYPE mood AS ENUM ('it''s \"good\", ok', 'bad', '', 'ünï');\n"
    "CREATE TYPE \"Odd Enum\" AS ENUM ('A', 'a');\n"
    "CREATE DOMAIN short_text AS varchar(5) CHECK (length(VALUE) <= 5);\n"
    "CREATE DOMAIN moods AS mood[];\n"
    "CREATE TYPE pair AS (n integer, t text, m mood[]);\n"
    "CREATE TYPE nested AS (p pair, ps pair[], at timestamptz);\n"
    "CREATE TYPE floatrange AS RANGE (subtype = float8);\n";

std::string joined(const TypeCase& type) {
  std::string list;
  for (const std::string& value : type.values) {
    list += (list.empty() ? "" : ", ") + value + "::" + type.type;
  }
  return list;
}

/// One row for each value, then NULL, then arrays: all values and NULL, empty, two dimensions, own
/// bounds.
std::string rows(const TypeCase& type, const std::string& table, int first_id) {
  std::string sql;
  int id = first_id;
  for (const std::string& value : type.values) {
    sql += "INSERT INTO " + table + " VALUES (" + std::to_string(id++) + ", " + value +
           "::" + type.type + ");\n";
  }
  if (!type.has_array) {
    return sql;
  }
  const std::string one = type.values.front() + "::" + type.type;
  for (const std::string& array :
       {std::string("NULL"), "ARRAY[" + joined(type) + ", NULL]::" + type.type + "[]",
        "'{}'::" + type.type + "[]", "ARRAY[[" + one + ", NULL], [NULL, " + one + "]]",
        "array_fill(" + one + ", ARRAY[2], ARRAY[-5])"}) {
    sql +=
        "INSERT INTO " + table + " VALUES (" + std::to_string(id++) + ", NULL, " + array + ");\n";
  }
  return sql;
}

std::string bag_rows(const TypeCase& type, const std::string& bag) {
  std::string sql;
  for (const std::string& value : type.values) {
    const std::string row = "(" + value + "::" + type.type + ", 0)";
    sql += "INSERT INTO " + bag + " VALUES " + row + ", " + row + ", " + row + ";\n";
  }
  return sql + "INSERT INTO " + bag + " VALUES (NULL, 0), (NULL, 0);\n";
}

/// For every type: a table with a key, and one without whose rows only their values tell apart.
Story story_of(const std::vector<TypeCase>& types) {
  Story story;
  story.setup = own_type_definitions;
  int number = 0;
  for (const TypeCase& type : types) {
    const std::string table = "type_" + std::to_string(number);
    const std::string bag = "bag_" + std::to_string(number++);
    story.setup += "CREATE TABLE " + table + " (id int PRIMARY KEY, v " + type.type + ", a " +
                   type.type + "[], n int DEFAULT 0);\nCREATE TABLE " + bag + " (v " + type.type +
                   ", n int);\n" + rows(type, table, 1) + bag_rows(type, bag);
    // Every value is inserted, updated to and from, left alone by an update, and deleted.
    story.changes += "BEGIN;\n" + rows(type, table, 1001) + "COMMIT;\n" + "UPDATE " + table +
                     " t SET v = o.v, a = o.a FROM " + table +
                     " o WHERE o.id = 1001 + t.id AND t.id < 1000;\n"
                     "UPDATE " +
                     table +
                     " SET v = NULL WHERE id = 1001;\n"
                     "UPDATE " +
                     table +
                     " SET n = n + 1 WHERE id % 2 = 0;\n"
                     "DELETE FROM " +
                     table + " WHERE id % 5 = 3;\n" + bag_rows(type, bag) + "UPDATE " + bag +
                     " SET n = 1 WHERE ctid IN (SELECT min(ctid) FROM " + bag +
                     " GROUP BY v::text);\n"
                     "DELETE FROM " +
                     bag + " WHERE ctid IN (SELECT max(ctid) FROM " + bag + " GROUP BY v::text);\n";
  }
  return story;
}

void expect_both_ways_back(const Story& story) {
  expect_migrates(story);
  expect_falls_forward(story);
}

TEST(Types, NumbersSurvive) {
  VOYAGER_REQUIRE_TARGET();
  expect_both_ways_back(story_of(numbers()));
}

TEST(Types, TextsDocumentsAndBitsSurvive) {
  VOYAGER_REQUIRE_TARGET();
  expect_both_ways_back(story_of(texts()));
}

TEST(Types, DatesAndTimesSurvive) {
  VOYAGER_REQUIRE_TARGET();
  expect_both_ways_back(story_of(times()));
}

TEST(Types, GeometryAndNetworkAddressesSurvive) {
  VOYAGER_REQUIRE_TARGET();
  expect_both_ways_back(story_of(shapes_and_nets()));
}

TEST(Types, RangesSurvive) {
  VOYAGER_REQUIRE_TARGET();
  expect_both_ways_back(story_of(ranges()));
}

TEST(Types, TypesThatUsersDefineSurvive) {
  VOYAGER_REQUIRE_TARGET();
  expect_both_ways_back(story_of(own_types()));
}

/// Types whose values can be a primary key on PostgreSQL; each value is inserted, updated beside
/// and deleted by key.
TEST(Types, EveryKindOfKeyFindsItsRow) {
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup = own_type_definitions;
  int number = 0;
  for (const TypeCase& type :
       std::vector<TypeCase>{numbers()[0],
                             numbers()[2],
                             numbers()[3],
                             numbers()[7],
                             numbers()[8],
                             texts()[0],
                             {"char(5)", literals({"a", "", "b\\"})},
                             {"citext", literals({"Abc", "DEF", "\\N"})},
                             texts()[8],
                             texts()[10],
                             texts()[12],
                             times()[0],
                             times()[4],
                             times()[6],
                             times()[7],
                             shapes_and_nets()[7],
                             ranges()[2],
                             own_types()[0],
                             {"integer[]", literals({"{1,NULL,3}", "{}", "{{1,2},{3,4}}"})}}) {
    const std::string table = "key_" + std::to_string(number++);
    story.setup += "CREATE TABLE " + table + " (v " + type.type + " PRIMARY KEY, n int);\n";
    std::string inserts;
    for (const std::string& value : type.values) {
      inserts += "INSERT INTO " + table + " VALUES (" + value + ", 0) ON CONFLICT DO NOTHING;\n";
    }
    story.setup += inserts;
    story.changes += "UPDATE " + table + " SET n = 1;\nDELETE FROM " + table +
                     " WHERE ctid = (SELECT min(ctid) FROM " + table + ");\n" + inserts +
                     "UPDATE " + table + " SET n = n + 5 WHERE v = " + type.values.front() +
                     "::" + type.type + ";\n";
  }
  expect_migrates(story);
}

}  // namespace
}  // namespace voyager::testing
