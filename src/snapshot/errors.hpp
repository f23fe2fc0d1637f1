// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.hpp"

namespace voyager::snapshot {

inline constexpr ErrorCode pattern_matches_nothing{5001};
inline constexpr ErrorCode no_table_left{5002};
inline constexpr ErrorCode not_binary_safe{5003};
inline constexpr ErrorCode table_list_changed{5004};
inline constexpr ErrorCode columns_changed{5005};
inline constexpr ErrorCode chunk_file_damaged{5006};
inline constexpr ErrorCode begun_in_other_snapshot{5007};
inline constexpr ErrorCode snapshot_stopped{5008};  ///< never reaches the user: a signal came
inline constexpr ErrorCode target_lacks_tables{5101};
inline constexpr ErrorCode target_not_empty{5102};
inline constexpr ErrorCode loaded_rows_differ{5103};
inline constexpr ErrorCode earlier_export_loaded{5104};
inline constexpr ErrorCode changes_deleted{5105};
inline constexpr ErrorCode bookkeeping_lost{5106};
inline constexpr ErrorCode directory_too_old{5107};

}  // namespace voyager::snapshot
