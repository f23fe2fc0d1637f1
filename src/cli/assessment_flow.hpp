// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "assess/assessment.hpp"
#include "cli/command.hpp"
#include "engine/endpoint.hpp"

namespace voyager::cli {

struct AssessmentRequest {
  engine::Endpoint source;  ///< with its password; not used with a metadata directory
  /// Not empty: the statistics are read from there, and no connection is made.
  std::filesystem::path metadata_directory = {};
  std::chrono::seconds interval{0};  ///< between two readings of the counters; 0: one reading
  std::vector<std::string> replica_endpoints = {};  ///< "host[:port]"
  bool primary_only = false;
  bool run_guardrails = true;
  analysis::TargetRelease target;
  bool query_constructs = true;  ///< report queries that the target does not do
  bool plpgsql_objects = true;   ///< report routines that it does not do
};

/// Whether the export directory holds the reports of an assessment.
bool is_assessed(const exportdir::Layout& layout);

/// Gathers the statistics of the source, or reads those of the metadata directory, and judges them;
/// writes both reports, and the metadata to assessment/metadata unless they were read there. An
/// earlier assessment is replaced once the new one is made; of one that fails nothing is written.
/// Shows notes and what it does on the way, but not the result. Asks for no password.
/// Throws: E4307 for a schema that does not exist; the errors of assess::gather(),
/// assess::read_metadata() and of a connection.
assess::Assessment run_assessment(const AssessmentRequest& request, const Session& session);

}  // namespace voyager::cli
