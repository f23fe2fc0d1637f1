// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "model/table.hpp"

/// The statements that hash rows inside the server; no I/O.
///
/// A row's text is that of ROW(stored columns in the order of `table`), so that two servers which
/// keep the columns in different places agree; hashtextextended() gives the same number on every
/// PostgreSQL since 11 and on YugabyteDB. Two hashes of different seeds make 128 bits; sums of them
/// do not depend on an order.
namespace voyager::postgres::statements {

/// $1: number of buckets. Rows: bucket, rows, hash.
std::string hash_buckets(const Table& table, const std::string& scan);
/// $1: number of buckets, $2: those wanted (int8[]), $3: most rows. Rows: key for people, hash,
/// copies.
std::string hash_rows(const Table& table, const std::string& scan);

}  // namespace voyager::postgres::statements
