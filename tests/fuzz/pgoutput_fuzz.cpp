// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/pgoutput.hpp"
#include "fuzz.hpp"

namespace voyager::fuzz {
namespace {

/// Reads every byte that a view promises, so that the sanitizer sees one that leads outside.
std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

struct Touch {
  std::size_t sum = 0;

  void operator()(const RowChange& row) {
    for (const auto& values : {row.before, row.after})
      for (const Value& value : values) sum += touch(value.text);
  }
  void operator()(const postgres::pgoutput::RelationMessage& relation) {
    sum += touch(relation.schema) + touch(relation.name);
    for (const auto& column : relation.columns) sum += touch(column.name);
  }
  void operator()(const postgres::pgoutput::LogicalMessage& message) {
    sum += touch(message.prefix) + touch(message.content);
  }
  void operator()(const auto& /*message*/) {}
};

}  // namespace

/// A stream: messages of both plug-ins, pgoutput and yboutput, which a decoder with memory sees one
/// after the other.
void fuzz_one(std::string_view bytes) {
  postgres::pgoutput::Decoder decoder;
  Touch touched;
  for (Input input(bytes); !input.empty();) {
    // In a block of its own size, so that reading behind it is seen.
    const std::string message(input.piece());
    expect_errors([&] { std::visit(touched, decoder.decode(message)); });
  }
}

}  // namespace voyager::fuzz
