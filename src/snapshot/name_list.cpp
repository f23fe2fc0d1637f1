// SPDX-License-Identifier: Apache-2.0
#include "snapshot/name_list.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace voyager::snapshot {

std::string name_list(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 10;
  if (names.size() <= shown) return join(names, ", ");
  const std::vector<std::string> first(names.begin(), names.begin() + shown);
  return fmt::format("{} and {} more", join(first, ", "), names.size() - shown);
}

}  // namespace voyager::snapshot
