// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "soak/model.hpp"

namespace voyager::testing {

/// YugabyteDB has no two-phase transactions, and no TRUNCATE in its stream of changes.
enum class Dialect : std::uint8_t { postgresql, yugabytedb };

/// One statement, and what it does to the model once its transaction commits; no function for
/// tables that are not in the model.
struct Step {
  std::string sql;
  std::function<void(Model&)> effect;
};

enum class Ending : std::uint8_t { commit, roll_back, prepare_and_commit, prepare_and_roll_back };

/// What one application does between BEGIN and the end. The first step is its row in history.
struct Transaction {
  int application = 0;
  int number = 0;
  std::vector<Step> steps;
  Ending ending = Ending::commit;
  int pause_millis = 0;  ///< after it

  /// For PREPARE TRANSACTION.
  std::string name() const {
    return "soak_" + std::to_string(application) + "_" + std::to_string(number);
  }
};

/// Draws what one application does: the same seed gives the same statements, whatever becomes of
/// them.
class Generator {
 public:
  /// most_rows: of the largest transactions.
  Generator(std::uint64_t seed, int application, int most_rows);

  Transaction next(Dialect dialect);

 private:
  std::mt19937_64 random_;
  int application_;
  int most_rows_;
  int last_number_ = 0;
};

}  // namespace voyager::testing
