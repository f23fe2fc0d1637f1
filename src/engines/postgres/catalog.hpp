// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/source.hpp"
#include "engines/postgres/sessions.hpp"

namespace voyager::postgres {

/// Reads the catalogs of PostgreSQL 10 and later and of YugabyteDB (PG 11 and PG 15 based).
/// Source: PostgreSQL 15 documentation, chapter 53 (system catalogs).
std::unique_ptr<engine::CatalogReader> make_catalog_reader(const engine::Endpoint& endpoint);
std::unique_ptr<engine::CatalogReader> make_catalog_reader(PlainSession session);

}  // namespace voyager::postgres
