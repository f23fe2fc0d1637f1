// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/text_forms.hpp"

#include <gtest/gtest.h>

#include "model/display_name.hpp"

namespace voyager::postgres {
namespace {

std::string array_of(const std::vector<Value>& values) {
  ArrayLiteral literal;
  for (const Value& value : values) literal.add(value);
  return std::string(literal.close());
}

std::string copy_field(std::string_view text) {
  std::string out;
  append_copy_field(out, Value::of(text));
  return out;
}

TEST(ArrayLiteral, QuotesEveryElementAndEscapesQuotesAndBackslashes) {
  EXPECT_EQ(array_of({}), "{}");
  EXPECT_EQ(array_of({Value::of("a"), Value::of("")}), R"({"a",""})");
  EXPECT_EQ(array_of({Value::of(R"(say "hi" \ there)")}), R"({"say \"hi\" \\ there"})");
  EXPECT_EQ(array_of({Value::of("{1,2}"), Value::of("a,b\n")}), "{\"{1,2}\",\"a,b\n\"}");
}

TEST(ArrayLiteral, TellsNullFromTheWordNull) {
  EXPECT_EQ(array_of({Value{}, Value::of("NULL")}), R"({NULL,"NULL"})");
}

TEST(CopyField, EscapesWhatSeparatesFieldsAndRows) {
  EXPECT_EQ(copy_field("plain"), "plain");
  EXPECT_EQ(copy_field("a\tb\nc\rd\\e"), "a\\tb\\nc\\rd\\\\e");
  EXPECT_EQ(copy_field("\\."), "\\\\.");
  EXPECT_EQ(copy_field("\\N"), "\\\\N");
  EXPECT_EQ(copy_field(""), "");
}

TEST(CopyField, WritesNullAsBackslashN) {
  std::string out;
  append_copy_field(out, Value{});
  EXPECT_EQ(out, "\\N");
}

TEST(DisplayName, IsReadBackAsItWasWritten) {
  for (const QualifiedName& name :
       {QualifiedName{"public", "orders"}, QualifiedName{"Sales", "Or\"der.s"},
        QualifiedName{"a.b", "select"}, QualifiedName{"\"", "\"\""}, QualifiedName{"ü", "日本"}}) {
    const auto parsed = parse_display_name(name.display());
    ASSERT_TRUE(parsed.has_value()) << name.display();
    EXPECT_EQ(*parsed, name);
  }
}

TEST(DisplayName, IsRefusedWhenItIsNotTwoNames) {
  for (const char* text :
       {"", "orders", "public.", ".orders", "a.b.c", "\"a.b", "a.\"b", "\"a\"b.c"})
    EXPECT_FALSE(parse_display_name(text).has_value()) << text;
}

}  // namespace
}  // namespace voyager::postgres
