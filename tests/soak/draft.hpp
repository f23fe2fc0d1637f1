// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <random>
#include <string>
#include <vector>

#include "soak/generator.hpp"

namespace voyager::testing {

/// A transaction that is being drawn.
struct Draft {
  std::mt19937_64& random;
  int application;
  int most_rows;
  Dialect dialect;
  std::vector<Step> steps = {};

  int dice(int from, int to) { return std::uniform_int_distribution(from, to)(random); }
  bool one_in(int times) { return dice(1, times) == 1; }
  std::string text(int from, int to) { return std::to_string(dice(from, to)); }
  void add(std::string sql, std::function<void(Model&)> effect = {}) {
    steps.push_back({std::move(sql), std::move(effect)});
  }
};

/// One kind of thing that applications do, and how often beside the others.
struct Operation {
  int weight;
  void (*draw)(Draft&);
};

/// On rows that belong to the application alone, with their effects on the model.
const std::vector<Operation>& own_operations();
/// On rows that all applications compete for.
const std::vector<Operation>& shared_operations();

}  // namespace voyager::testing
