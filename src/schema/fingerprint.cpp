// SPDX-License-Identifier: Apache-2.0
#include "schema/fingerprint.hpp"

#include <pg_query.h>

#include "base/error.hpp"
#include "schema/tokens.hpp"

namespace voyager::schema {
namespace {

/// Owns what pg_query_fingerprint returned.
struct Fingerprint {
  explicit Fingerprint(const char* sql) : result(pg_query_fingerprint(sql)) {}
  ~Fingerprint() { pg_query_free_fingerprint_result(result); }
  Fingerprint(const Fingerprint&) = delete;
  Fingerprint& operator=(const Fingerprint&) = delete;

  PgQueryFingerprintResult result;
};

bool is_parameter(const std::string& sql, const Token& token) {
  return sql[token.start] == '$' && token.end - token.start > 1 && sql[token.start + 1] >= '0' &&
         sql[token.start + 1] <= '9';
}

std::string words_of(const std::string& sql) {
  std::string words;
  try {
    for (const Token& token : scan_tokens(sql))
      words += is_parameter(sql, token) ? " $" : " " + word_of(sql, token);
  } catch (const Error&) {
    return sql;
  }
  return words;
}

}  // namespace

std::string fingerprint(const std::string& sql) {
  const Fingerprint made(sql.c_str());
  if (made.result.error == nullptr) return made.result.fingerprint_str;
  return words_of(sql);
}

}  // namespace voyager::schema
