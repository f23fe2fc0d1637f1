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

struct RawToken {
  Token token;
  std::uint64_t kind = 0;
};

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

}  // namespace

std::vector<Token> scan_tokens(const std::string& sql) {
  if (sql.find('\0') != std::string::npos) fail(unreadable_sql, "a NUL byte in SQL text");
  const Scan scan(sql.c_str());
  if (scan.result.error != nullptr)
    fail(unreadable_sql, fmt::format("SQL text can't be read: {}", scan.result.error->message));
  std::vector<Token> tokens;
  WireReader reader({scan.result.pbuf.data, scan.result.pbuf.len});
  while (!reader.done()) {
    const std::uint64_t tag = reader.varint();
    if ((tag & 7U) != wire_type_bytes) {
      static_cast<void>(reader.varint());  // the version
      continue;
    }
    const RawToken raw = read_token(reader.bytes());
    if (raw.kind != sql_comment && raw.kind != c_comment) tokens.push_back(raw.token);
  }
  return tokens;
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
