// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/source.hpp"
#include "engines/postgres/capture_dialect.hpp"

namespace voyager::postgres {

/// Writes logical messages where the dialect has them, else rows of the barrier table.
std::unique_ptr<engine::BarrierWriter> make_barrier_writer(const engine::Endpoint& endpoint,
                                                           const engine::CaptureNames& names,
                                                           const ChooseDialect& choose);

}  // namespace voyager::postgres
