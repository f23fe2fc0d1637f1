// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "assess/metadata.hpp"
#include "base/status.hpp"

namespace voyager::assess {

struct GatherOptions {
  engine::Endpoint primary;            ///< its schemas; empty: all user schemas
  std::chrono::seconds interval{120};  ///< between the two readings of the counters; 0: one reading
  std::vector<std::string> replica_endpoints;  ///< "host[:port]"; empty: those the primary names
  bool primary_only = false;
  bool ask_about_cautions = true;  ///< --run-guardrails-checks
};

/// Makes what reads one server; called for the primary and each replica, from one thread.
using OpenStatistics =
    std::function<std::unique_ptr<engine::StatisticsReader>(const engine::Endpoint&)>;

/// Reads the statistics of the primary and, at the same time, of its replicas; counters twice.
/// A replica that the primary names but that can't be read is a note; one that the user names
/// stops the assessment. The primary does not know its replicas' ports: they are taken to be its
/// own. `dump_schema` gives the DDL. Interruptible while it waits.
/// Throws: E4301 when the user does not go on after the cautions, or `stop` was requested; E4304
/// for a named replica that is none of this primary's; E4302; the errors of a connection and of
/// dump_schema.
Metadata gather(const GatherOptions& options, const OpenStatistics& open,
                const std::function<std::string()>& dump_schema, const std::stop_token& stop,
                Status& status);

}  // namespace voyager::assess
