// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

namespace voyager::cli {

inline constexpr ErrorCode unknown_flag{1001};
inline constexpr ErrorCode bad_value{1002};
inline constexpr ErrorCode missing_flag{1003};
inline constexpr ErrorCode not_available{1004};
inline constexpr ErrorCode unknown_command{1005};
inline constexpr ErrorCode flags_exclude{1006};
inline constexpr ErrorCode no_answer{1010};
inline constexpr ErrorCode config_unreadable{1020};
inline constexpr ErrorCode config_unknown_key{1021};
inline constexpr ErrorCode list_unreadable{1030};
inline constexpr ErrorCode nothing_to_verify{8101};
inline constexpr ErrorCode unexpected{9999};

}  // namespace voyager::cli
