// SPDX-License-Identifier: Apache-2.0
// Names and values that end a literal, a line, a format or a path wherever somebody forgot to
// quote.
#include <gtest/gtest.h>

#include "scenarios/story.hpp"

namespace voyager::testing {
namespace {

/// 63 bytes, the longest name that there is, cut inside nothing.
constexpr const char* setup = R"sql(
CREATE TABLE "select" ("from" int PRIMARY KEY, "where" text, "user" text DEFAULT 'it''s');
CREATE TABLE "a""b'c\d%s{}$1;--" ("x""y'z\%n{0}" int PRIMARY KEY, "v
w" text, "; DROP TABLE x; --" text UNIQUE);
CREATE TABLE "Ünï çøde 表 ../../etc" ("ключ" int PRIMARY KEY, "🗝" text);
CREATE TABLE "sixty_three_bytes_sixty_three_bytes_sixty_three_bytes_sixty_thr" (
  "column_of_sixty_three_bytes_column_of_sixty_three_bytes_column_" int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "column_of_sixty_three_bytes_column_of_sixty_three_bytes_columnX" text);
CREATE TABLE "tab	and
newline" (id serial PRIMARY KEY, v text);
INSERT INTO "select" VALUES (1, E'\\.', 'plain'), (2, E'\\N', E'a\tb\nc\rd'), (3, '', NULL);
INSERT INTO "a""b'c\d%s{}$1;--" VALUES (1, E'\\.\n\\.', E'\\x00'), (2, E'\\', '"'), (3, '''; DROP TABLE "select"; --', E'\u0001\u007f');
INSERT INTO "Ünï çøde 表 ../../etc" VALUES (1, E'\\u0000 %s %n {} ${HOME} $(id) `id`'), (2, '🗝 ﷽ é');
INSERT INTO "sixty_three_bytes_sixty_three_bytes_sixty_three_bytes_sixty_thr"
  ("column_of_sixty_three_bytes_column_of_sixty_three_bytes_columnX") VALUES ('NULL'), (NULL), ('');
INSERT INTO "tab	and
newline" (v) VALUES (E'\\r\\n'), (E'\r\n'), (E'\\134');
)sql";

constexpr const char* changes = R"sql(
INSERT INTO "select" VALUES (4, E'\\.\n', E'\\\\N'), (5, '"",', E'\\.');
UPDATE "select" SET "where" = E'\\t', "from" = 20 WHERE "from" = 2;
UPDATE "a""b'c\d%s{}$1;--" SET "; DROP TABLE x; --" = E'''\\''' WHERE "x""y'z\%n{0}" = 1;
DELETE FROM "a""b'c\d%s{}$1;--" WHERE "x""y'z\%n{0}" = 2;
INSERT INTO "Ünï çøde 表 ../../etc" VALUES (3, NULL), (4, E'\\.');
INSERT INTO "sixty_three_bytes_sixty_three_bytes_sixty_three_bytes_sixty_thr"
  ("column_of_sixty_three_bytes_column_of_sixty_three_bytes_columnX") VALUES (E'\\.\nrow');
UPDATE "tab	and
newline" SET v = E'\\.' WHERE id = 1;
)sql";

TEST(Hostile, NamesAndValuesGoThereAndBackAsTheyAre) {
  VOYAGER_REQUIRE_POSTGRES();
  VOYAGER_REQUIRE_TARGET();
  Story story;
  story.setup = setup;
  story.changes = changes;
  story.changes_back = R"sql(
INSERT INTO "select" VALUES (6, E'\\.', E'\\N');
UPDATE "a""b'c\d%s{}$1;--" SET "v
w" = E'\\\n' WHERE "x""y'z\%n{0}" = 3;
DELETE FROM "tab	and
newline" WHERE id = 2;
)sql";
  expect_migrates(story);
}

}  // namespace
}  // namespace voyager::testing
