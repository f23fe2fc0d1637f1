// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "engine/source.hpp"
#include "engines/postgres/capture_dialect.hpp"

namespace voyager::postgres {

struct StreamSetup {
  ChooseDialect dialect;
  /// Hands out the marker of a new slot's proof too, as a Barrier (opening_proof.hpp).
  bool shows_opening = false;
};

/// Streams a slot of a plug-in that speaks the protocol of pgoutput: whole transactions, each once,
/// without those that have no content. Relations come right before their first change in the
/// stream.
std::unique_ptr<engine::ChangeStream> make_change_stream(const engine::Endpoint& endpoint,
                                                         const engine::CaptureNames& names,
                                                         const std::vector<Table>& tables,
                                                         const Position& after, StreamSetup setup);

/// Prefix of the logical messages that are barriers.
inline constexpr const char* barrier_prefix = "yb-voyager";

}  // namespace voyager::postgres
