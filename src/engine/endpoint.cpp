// SPDX-License-Identifier: Apache-2.0
#include "engine/endpoint.hpp"

#include <algorithm>
#include <cstdint>

#include "base/text.hpp"

namespace voyager::engine {

std::optional<Address> parse_address(std::string_view text, int default_port) {
  const std::string_view whole = trim(text);
  const std::size_t bracket = whole.starts_with('[') ? whole.find(']') : std::string_view::npos;
  const bool bracketed = bracket != std::string_view::npos;
  const std::size_t colon = bracketed ? whole.find(':', bracket) : whole.find(':');
  const std::string_view host =
      bracketed ? whole.substr(1, bracket - 1) : whole.substr(0, std::min(colon, whole.size()));
  const std::int64_t port = colon == std::string_view::npos
                                ? default_port
                                : parse_int(whole.substr(colon + 1)).value_or(0);
  if (host.empty() || port <= 0 || port > 65535) return std::nullopt;
  return Address{std::string(host), static_cast<int>(port)};
}

}  // namespace voyager::engine
