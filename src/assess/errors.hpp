// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

namespace voyager::assess {

inline constexpr ErrorCode given_up{4301};             ///< by an answer or a signal
inline constexpr ErrorCode unreadable_metadata{4303};  ///< a file or a directory
inline constexpr ErrorCode not_a_replica{4304};        ///< of this primary

}  // namespace voyager::assess
