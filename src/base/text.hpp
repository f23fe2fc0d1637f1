// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace voyager {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
/// Shell-like match of a whole name: '*' any run, '?' any one character.
bool glob_match(std::string_view pattern, std::string_view name);
/// 1234567 → "1,234,567".
std::string with_thousands(std::uint64_t number);
/// 90 s → "1m30s", 4000 s → "1h6m40s".
std::string short_duration(std::int64_t seconds);
/// 1536 → "1.5 KiB".
std::string human_bytes(std::uint64_t bytes);
std::optional<std::int64_t> parse_int(std::string_view text);
/// Microseconds since 1970-01-01 UTC → "2026-11-21 22:15:03.123456 UTC".
std::string utc_timestamp(std::int64_t unix_micros);
/// Now, in microseconds since 1970-01-01 UTC.
std::int64_t unix_micros_now();

}  // namespace voyager
