// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/source.hpp"

namespace voyager::postgres {

/// Streams a slot of plug-in pgoutput: whole transactions, without those that have no content.
/// Relations come right before their first change in the stream.
std::unique_ptr<engine::ChangeStream> make_change_stream(const engine::Endpoint& endpoint,
                                                         const engine::CaptureNames& names,
                                                         const std::vector<Table>& tables,
                                                         const Position& after);

/// Prefix of the logical messages that are barriers.
inline constexpr const char* barrier_prefix = "yb-voyager";

}  // namespace voyager::postgres
