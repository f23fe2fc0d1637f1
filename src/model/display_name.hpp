// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "model/name.hpp"

namespace voyager {

/// Reads back what QualifiedName::display() wrote: schema.name, parts quoted where they need it.
/// Empty for anything else.
std::optional<QualifiedName> parse_display_name(std::string_view text);

}  // namespace voyager
