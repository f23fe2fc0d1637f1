// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/assessment_flow.hpp"
#include "cli/command.hpp"

namespace voyager::cli {

/// assess-migration: what of a source needs a change, what cluster it needs, how its tables are
/// placed on it.
class AssessMigrationCommand final : public Command {
 public:
  void declare(OptionTable& options) override;
  void check() const override;
  int run(const Session& session) override;
  /// Without the password.
  AssessmentRequest request() const;

 private:
  DatabaseOptions source_;
  std::string metadata_directory_;
  std::string target_version_;
  int interval_ = 120;
  std::vector<std::string> replica_endpoints_;
  bool primary_only_ = false;
  bool run_guardrails_ = true;
  bool query_constructs_ = true;
  bool plpgsql_objects_ = true;
  bool start_clean_ = false;
};

}  // namespace voyager::cli
