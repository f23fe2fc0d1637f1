// SPDX-License-Identifier: Apache-2.0
#include "engines/postgres/engine.hpp"

namespace voyager::postgres {

void register_engines(engine::Registry& registry) {
  registry.add_source("postgresql", make_source_engine);
  registry.add_change_source("yugabytedb", make_change_source);
  registry.add_statistics("postgresql", make_statistics_source);
  registry.add_statistics("yugabytedb", make_statistics_source);
  registry.add_target("postgresql", make_target_engine);
  registry.add_target("yugabytedb", make_target_engine);
}

}  // namespace voyager::postgres
