// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"
#include "engines/postgres/engine.hpp"

/// The composition root: the only place that knows every engine.
int main(int argc, char** argv) {
  voyager::engine::Registry registry;
  voyager::postgres::register_engines(registry);
  return voyager::cli::run(argc, argv, registry);
}
