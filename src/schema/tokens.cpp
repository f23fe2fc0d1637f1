// SPDX-License-Identifier: Apache-2.0
#include "schema/tokens.hpp"

#include <fmt/format.h>
#include <pg_query.h>

#include <cstdint>

#include "base/error.hpp"
#include "base/text.hpp"

namespace voyager::schema {
namespace {

constexpr ErrorCode unreadable_sql{4005};

/// Owns what pg_query_scan returned.
struct Scan {
  explicit Scan(const char* sql) : result(pg_query_scan(sql)) {}
  ~Scan() { pg_query_free_scan_result(result); }
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  PgQueryScanResult result;
};

/// Reads the few protobuf shapes that a scan result has: the generated reader needs protobuf-c's
/// header, which libpg_query does not install. Source: pg_query.proto, messages ScanResult,
/// ScanToken.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) break;
    }
    return value;
  }
  std::string_view bytes() {
    const auto size = static_cast<std::size_t>(varint());
    const std::string_view body = rest_.substr(0, size);
    rest_.remove_prefix(body.size());
    return body;
  }

 private:
  std::string_view rest_;
};

constexpr std::uint64_t wire_type_bytes = 2;
constexpr std::uint64_t sql_comment = 275;
constexpr std::uint64_t c_comment = 276;
/// What PostgreSQL 15's lexer says at a number in a newer form.
constexpr std::string_view junk = "trailing junk after numeric literal";

struct RawToken {
  Token token;
  std::uint64_t kind = 0;
};

std::size_t newer_number_base(const std::string& sql, std::size_t start) {
  if (start + 1 >= sql.size() || sql[start] != '0') return 10;
  switch (sql[start + 1]) {
    case 'x':
    case 'X':
      return 16;
    case 'o':
    case 'O':
      return 8;
    case 'b':
    case 'B':
      return 2;
    default:
      return 10;
  }
}

bool joins_a_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '$' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// The end of a number in a form that came with PostgreSQL 16 (0x1F, 0o17, 0b11, 1_000), or where
/// it starts when there is none.
std::size_t end_of_newer_number(const std::string& sql, std::size_t start) {
  const auto is_digit = [&, base = newer_number_base(sql, start)](char c) {
    const std::string_view digits = "0123456789abcdef";
    const std::size_t value = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c);
    return value < base;
  };
  std::size_t end = start + (newer_number_base(sql, start) == 10 ? 0 : 2);
  const std::size_t first_digit = end;
  while (end < sql.size() && (is_digit(sql[end]) ||
                              (sql[end] == '_' && end + 1 < sql.size() && is_digit(sql[end + 1]))))
    ++end;
  const bool is_number = end > first_digit && (end == sql.size() || !joins_a_word(sql[end]));
  return is_number ? end : start;
}

RawToken read_token(std::string_view bytes) {
  enum Field : std::uint64_t { start = 1, end = 2, kind = 4, keyword_kind = 5 };
  RawToken raw;
  WireReader reader(bytes);
  while (!reader.done()) {
    const std::uint64_t tag = reader.varint();
    const std::uint64_t value = reader.varint();
    switch (tag >> 3U) {
      case start:
        raw.token.start = static_cast<std::size_t>(value);
        break;
      case end:
        raw.token.end = static_cast<std::size_t>(value);
        break;
      case kind:
        raw.kind = value;
        break;
      case keyword_kind:
        raw.token.keyword = value != 0;
        break;
      default:
        break;
    }
  }
  return raw;
}

/// Adds the tokens of a text that begins at an offset of the whole.
void append_tokens(const Scan& scan, std::size_t offset, std::vector<Token>& tokens) {
  WireReader reader({scan.result.pbuf.data, scan.result.pbuf.len});
  while (!reader.done()) {
    const std::uint64_t tag = reader.varint();
    if ((tag & 7U) != wire_type_bytes) {
      static_cast<void>(reader.varint());  // the version
      continue;
    }
    RawToken raw = read_token(reader.bytes());
    if (raw.kind == sql_comment || raw.kind == c_comment) continue;
    raw.token.start += offset;
    raw.token.end += offset;
    tokens.push_back(raw.token);
  }
}

}  // namespace

std::size_t byte_offset(std::string_view sql, int character) {
  std::size_t offset = 0;
  for (int seen = 1; seen < character && offset < sql.size(); ++seen) {
    ++offset;
    while (offset < sql.size() && (static_cast<unsigned char>(sql[offset]) & 0xC0U) == 0x80U)
      ++offset;
  }
  return offset;
}

std::vector<Token> scan_tokens(const std::string& sql) {
  if (sql.find('\0') != std::string::npos) fail(unreadable_sql, "a NUL byte in SQL text");
  std::vector<Token> tokens;
  std::size_t from = 0;
  while (true) {
    const Scan scan(sql.c_str() + from);
    const PgQueryError* error = scan.result.error;
    if (error == nullptr) {
      append_tokens(scan, from, tokens);
      return tokens;
    }
    // The lexer stops at the number; the tokens before it and behind it don't depend on it.
    const std::size_t start =
        from + byte_offset(std::string_view(sql).substr(from), error->cursorpos);
    const std::size_t end = std::string_view(error->message).substr(0, junk.size()) == junk
                                ? end_of_newer_number(sql, start)
                                : start;
    if (end == start)
      fail(unreadable_sql, fmt::format("SQL text can't be read: {}", error->message));
    append_tokens(Scan(sql.substr(from, start - from).c_str()), from, tokens);
    tokens.push_back({start, end, false});
    from = end;
  }
}

std::string word_of(const std::string& sql, const Token& token) {
  const std::string_view text(sql.data() + token.start, token.end - token.start);
  if (text.size() < 2 || text.front() != '"') return to_lower(text);
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == '"') ++i;  // a quote inside is doubled
  }
  return name;
}

bool mentions_schema(const std::string& sql, std::string_view schema) {
  const std::vector<Token> tokens = scan_tokens(sql);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    const Token& next = tokens[i + 1];
    if (next.end - next.start == 1 && sql[next.start] == '.' && word_of(sql, tokens[i]) == schema)
      return true;
  }
  return false;
}

}  // namespace voyager::schema
