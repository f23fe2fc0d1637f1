// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/lsn.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "engines/postgres/sqlstate.hpp"

namespace voyager::postgres {
namespace {

std::optional<std::uint64_t> parse_hex(std::string_view digits, std::size_t longest) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, 16);
  if (digits.empty() || digits.size() > longest || error != std::errc() || stop != end)
    return std::nullopt;
  return number;
}

[[noreturn]] void refuse(std::string_view text) {
  fail(malformed_stream, fmt::format("\"{}\" is not a position in a PostgreSQL log", text));
}

}  // namespace

Lsn parse_lsn(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) refuse(text);
  const auto high = parse_hex(text.substr(0, slash), 8);
  const auto low = parse_hex(text.substr(slash + 1), 8);
  if (!high || !low) refuse(text);
  return *high << 32U | *low;
}

std::string format_lsn(Lsn lsn) {
  return fmt::format("{:X}/{:X}", lsn >> 32U, lsn & 0xFFFFFFFFU);
}

Position to_position(Lsn lsn) {
  return lsn == 0 ? Position{} : Position{fmt::format("{:016X}", lsn)};
}

Lsn from_position(const Position& position) {
  if (position.empty()) return 0;
  const auto lsn = parse_hex(position.text, 16);
  if (!lsn || position.text.size() != 16) refuse(position.text);
  return *lsn;
}

}  // namespace voyager::postgres
