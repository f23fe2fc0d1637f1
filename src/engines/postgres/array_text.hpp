// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace voyager::postgres {

/// The server's text form of a one-dimensional array, to be passed as one parameter.
std::string array_text(const std::vector<std::string>& values);
std::string array_text(const std::vector<std::uint32_t>& values);

}  // namespace voyager::postgres
