// SPDX-License-Identifier: Apache-2.0
#include "model/display_name.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace voyager {
namespace {

/// Takes one identifier, plain or quoted, off the front of `rest`.
std::optional<std::string> take_identifier(std::string_view& rest) {
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    std::string name(rest.substr(0, end));
    rest.remove_prefix(end);
    if (name.empty() || name.find('"') != std::string::npos) return std::nullopt;
    return name;
  }
  std::string name;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"' && (i + 1 == rest.size() || rest[i + 1] != '"')) {
      rest.remove_prefix(i + 1);
      return name;
    }
    if (rest[i] == '"') ++i;
    name += rest[i];
  }
  return std::nullopt;
}

}  // namespace

std::optional<QualifiedName> parse_display_name(std::string_view text) {
  auto schema = take_identifier(text);
  if (!schema || !text.starts_with('.')) return std::nullopt;
  text.remove_prefix(1);
  auto table = take_identifier(text);
  if (!table || !text.empty()) return std::nullopt;
  return QualifiedName{std::move(*schema), std::move(*table)};
}

}  // namespace voyager
