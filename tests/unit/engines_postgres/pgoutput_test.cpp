// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/pgoutput.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace voyager::postgres::pgoutput {
namespace {

using ::testing::ElementsAre;

/// Builds messages as the server does.
class Bytes {
 public:
  explicit Bytes(char kind) : bytes_(1, kind) {}
  Bytes& number(std::uint64_t value, int width) {
    for (int shift = (width - 1) * 8; shift >= 0; shift -= 8)
      bytes_ += static_cast<char>(value >> shift & 0xFFU);
    return *this;
  }
  Bytes& text(const std::string& value) {
    bytes_ += value + '\0';
    return *this;
  }
  Bytes& raw(const std::string& value) {
    bytes_ += value;
    return *this;
  }
  Bytes& value(const std::string& value) { return raw("t").number(value.size(), 4).raw(value); }
  const std::string& str() const { return bytes_; }

 private:
  std::string bytes_;
};

const Value null{Value::Kind::null, {}};
const Value unchanged{Value::Kind::unchanged, {}};

/// Relation 7: public.t (id key, note).
std::string relation() {
  return Bytes('R')
      .number(7, 4)
      .text("public")
      .text("t")
      .raw("d")
      .number(2, 2)
      .number(1, 1)
      .text("id")
      .number(23, 4)
      .number(0xFFFFFFFF, 4)
      .number(0, 1)
      .text("note")
      .number(1043, 4)
      .number(24, 4)
      .str();
}

std::string insert() {
  return Bytes('I').number(7, 4).raw("N").number(2, 2).value("1").raw("n").str();
}
std::string update_with_key() {
  return Bytes('U')
      .number(7, 4)
      .raw("K")
      .number(2, 2)
      .value("1")
      .raw("n")
      .raw("N")
      .number(2, 2)
      .value("2")
      .raw("u")
      .str();
}
std::string update_with_old() {
  return Bytes('U')
      .number(7, 4)
      .raw("O")
      .number(2, 2)
      .value("1")
      .raw("n")
      .raw("N")
      .number(2, 2)
      .value("2")
      .value("")
      .str();
}
std::string plain_update() {
  return Bytes('U').number(7, 4).raw("N").number(2, 2).value("2").value("x").str();
}
std::string remove_by_key() {
  return Bytes('D').number(7, 4).raw("K").number(2, 2).value("1").raw("n").str();
}
std::string truncate() {
  return Bytes('T').number(1, 4).number(2, 1).number(7, 4).str();
}
std::string begin() {
  return Bytes('B').number(0x16B3748, 8).number(1'000'000, 8).number(771, 4).str();
}
std::string commit() {
  return Bytes('C').number(0, 1).number(0x16B3748, 8).number(0x16B3778, 8).number(5, 8).str();
}
std::string logical_message() {
  return Bytes('M').number(1, 1).number(9, 8).text("yb-voyager").number(3, 4).raw("abc").str();
}
std::string origin() {
  return Bytes('O').number(1, 8).text("elsewhere").str();
}
std::string type() {
  return Bytes('Y').number(99, 4).text("public").text("mood").str();
}

Decoder decoder_with_relation() {
  Decoder decoder;
  decoder.decode(relation());
  return decoder;
}

TEST(Pgoutput, BeginCarriesPositionUnixTimeAndTransaction) {
  const std::string bytes = begin();
  const auto message = std::get<BeginMessage>(Decoder().decode(bytes));
  EXPECT_EQ(message.commit, 0x16B3748U);
  EXPECT_EQ(message.commit_unix_micros, 946'684'801'000'000);
  EXPECT_EQ(message.transaction_id, 771U);
}

TEST(Pgoutput, CommitCarriesItsRecordAndTheEndOfIt) {
  const std::string bytes = commit();
  const auto message = std::get<CommitMessage>(Decoder().decode(bytes));
  EXPECT_EQ(message.commit, 0x16B3748U);
  EXPECT_EQ(message.end, 0x16B3778U);
}

TEST(Pgoutput, RelationHasColumnsWithTypesAndKeyFlags) {
  const std::string bytes = relation();
  const auto message = std::get<RelationMessage>(Decoder().decode(bytes));
  EXPECT_EQ(message.schema, "public");
  EXPECT_EQ(message.name, "t");
  ASSERT_EQ(message.columns.size(), 2U);
  EXPECT_TRUE(message.columns[0].key);
  EXPECT_EQ(message.columns[0].modifier, -1);
  EXPECT_FALSE(message.columns[1].key);
  EXPECT_EQ(message.columns[1].type, 1043U);
  EXPECT_EQ(message.columns[1].modifier, 24);
}

TEST(Pgoutput, InsertHasNewValuesOnly) {
  Decoder decoder = decoder_with_relation();
  const std::string bytes = insert();
  const auto change = std::get<RowChange>(decoder.decode(bytes));
  EXPECT_EQ(change.relation, 7U);
  EXPECT_EQ(change.operation, Operation::insert);
  EXPECT_TRUE(change.before.empty());
  EXPECT_THAT(change.after, ElementsAre(Value::of("1"), null));
}

TEST(Pgoutput, AnOldKeyIsKnownInItsKeyColumnsOnly) {
  Decoder decoder = decoder_with_relation();
  const std::string bytes = update_with_key();
  const auto change = std::get<RowChange>(decoder.decode(bytes));
  EXPECT_THAT(change.before, ElementsAre(Value::of("1"), unchanged));
  EXPECT_THAT(change.after, ElementsAre(Value::of("2"), unchanged));
}

TEST(Pgoutput, AnOldRowIsKnownInAllColumnsAndNullIsNotTheEmptyText) {
  Decoder decoder = decoder_with_relation();
  const std::string bytes = update_with_old();
  const auto change = std::get<RowChange>(decoder.decode(bytes));
  EXPECT_THAT(change.before, ElementsAre(Value::of("1"), null));
  EXPECT_THAT(change.after, ElementsAre(Value::of("2"), Value::of("")));
}

TEST(Pgoutput, AnUpdateAfterAKeyUpdateDoesNotKeepItsOldKey) {
  Decoder decoder = decoder_with_relation();
  decoder.decode(update_with_key());
  const std::string bytes = plain_update();
  const auto change = std::get<RowChange>(decoder.decode(bytes));
  EXPECT_TRUE(change.before.empty());
  EXPECT_THAT(change.after, ElementsAre(Value::of("2"), Value::of("x")));
}

TEST(Pgoutput, AnOldKeyIsKnownEvenIfTheRelationDoesNotSayWhatItIs) {
  Decoder decoder;
  std::string without_flags = relation();
  without_flags[without_flags.find("id") - 1] = '\0';
  EXPECT_FALSE(std::get<RelationMessage>(decoder.decode(without_flags)).columns.at(0).key);
  const std::string bytes = remove_by_key();
  EXPECT_THAT(std::get<RowChange>(decoder.decode(bytes)).before,
              ElementsAre(Value::of("1"), unchanged));
}

/// As YugabyteDB's first releases with logical replication sent with each update.
TEST(Pgoutput, AnOldKeyWithoutAnyValueIsNone) {
  Decoder decoder = decoder_with_relation();
  for (const char* nothing : {"u", "n"}) {
    const std::string bytes = Bytes('U')
                                  .number(7, 4)
                                  .raw("K")
                                  .number(2, 2)
                                  .raw(nothing)
                                  .raw("n")
                                  .raw("N")
                                  .number(2, 2)
                                  .value("2")
                                  .raw("u")
                                  .str();
    const auto change = std::get<RowChange>(decoder.decode(bytes));
    EXPECT_TRUE(change.before.empty()) << nothing;
    EXPECT_THAT(change.after, ElementsAre(Value::of("2"), unchanged));
  }
}

TEST(Pgoutput, DeleteHasTheOldKeyAndNoNewRow) {
  Decoder decoder = decoder_with_relation();
  const std::string bytes = remove_by_key();
  const auto change = std::get<RowChange>(decoder.decode(bytes));
  EXPECT_EQ(change.operation, Operation::remove);
  EXPECT_THAT(change.before, ElementsAre(Value::of("1"), unchanged));
  EXPECT_TRUE(change.after.empty());
}

TEST(Pgoutput, TruncateNamesItsRelationsAndRestart) {
  Decoder decoder = decoder_with_relation();
  const auto message = std::get<Truncate>(decoder.decode(truncate()));
  EXPECT_THAT(message.relations, ElementsAre(7U));
  EXPECT_TRUE(message.restart_identity);
}

TEST(Pgoutput, LogicalMessageKeepsPrefixAndContent) {
  const std::string bytes = logical_message();
  const auto message = std::get<LogicalMessage>(Decoder().decode(bytes));
  EXPECT_TRUE(message.transactional);
  EXPECT_EQ(message.prefix, "yb-voyager");
  EXPECT_EQ(message.content, "abc");
}

TEST(Pgoutput, OriginAndTypeAreAccepted) {
  EXPECT_TRUE(std::holds_alternative<Ignored>(Decoder().decode(origin())));
  EXPECT_TRUE(std::holds_alternative<Ignored>(Decoder().decode(type())));
}

int code_of(Decoder& decoder, const std::string& bytes) {
  try {
    decoder.decode(bytes);
  } catch (const Error& error) {
    return error.code().number;
  }
  return 0;
}

class EveryMessage : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryMessage, CutAtAnyByteIsRefused) {
  for (std::size_t length = 0; length < GetParam().size(); ++length) {
    Decoder decoder = decoder_with_relation();
    EXPECT_EQ(code_of(decoder, GetParam().substr(0, length)), 3204) << "length " << length;
  }
}

TEST_P(EveryMessage, WithABytePastItsEndIsRefused) {
  Decoder decoder = decoder_with_relation();
  EXPECT_EQ(code_of(decoder, GetParam() + "x"), 3204);
}

TEST_P(EveryMessage, WithAnyByteReplacedIsDecodedOrRefused) {
  for (std::size_t place = 0; place < GetParam().size(); ++place) {
    for (const char byte : {'\0', '\1', '\x7f', '\xff', 'n', 't'}) {
      std::string bytes = GetParam();
      bytes[place] = byte;
      Decoder decoder = decoder_with_relation();
      const int code = code_of(decoder, bytes);
      EXPECT_TRUE(code == 0 || code == 3204) << code;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pgoutput, EveryMessage,
                         ::testing::Values(relation(), insert(), update_with_key(),
                                           update_with_old(), plain_update(), remove_by_key(),
                                           truncate(), begin(), commit(), logical_message(),
                                           origin(), type()));

TEST(Pgoutput, RowsOfAnUnknownRelationAreRefused) {
  Decoder decoder;
  EXPECT_EQ(code_of(decoder, insert()), 3204);
  EXPECT_EQ(code_of(decoder, truncate()), 3204);
}

TEST(Pgoutput, ARowWithAnotherNumberOfColumnsIsRefused) {
  Decoder decoder = decoder_with_relation();
  const std::string bytes = Bytes('I').number(7, 4).raw("N").number(1, 2).raw("n").str();
  EXPECT_EQ(code_of(decoder, bytes), 3204);
}

TEST(Pgoutput, BinaryValuesAndStreamedTransactionsAreRefused) {
  Decoder decoder = decoder_with_relation();
  const std::string binary =
      Bytes('I').number(7, 4).raw("N").number(2, 2).raw("b").number(0, 4).raw("n").str();
  EXPECT_EQ(code_of(decoder, binary), 3204);
  for (const char kind : {'S', 'E', 'c', 'A', 'b', 'P', 'K', 'r', 'p'}) {
    EXPECT_EQ(code_of(decoder, Bytes(kind).number(1, 8).str()), 3204) << kind;
  }
}

}  // namespace
}  // namespace voyager::postgres::pgoutput
