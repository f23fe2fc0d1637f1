// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace voyager::postgres {

/// SQL over pg_namespace n: schemas that may migrate; $1 is the list of those that do, empty for
/// all.
inline constexpr const char* chosen_schema = R"(
  n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'ybvoyager_metadata')
  AND (n.nspname = ANY ($1::text[]) OR cardinality($1::text[]) = 0))";

/// SQL over pg_class c: objects that CREATE EXTENSION does not make on the target by itself.
inline constexpr const char* not_of_extension = R"(
  NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
              AND d.objsubid = 0 AND d.deptype = 'e'))";

}  // namespace voyager::postgres
