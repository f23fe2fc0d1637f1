// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "engine/target.hpp"
#include "schema/import_plan.hpp"

namespace voyager::schema {

/// How one attempt at a statement ended.
struct Outcome {
  enum class Kind : std::uint8_t {
    created,
    existed,  ///< the object was there before
    waits,    ///< something that it needs does not exist (yet)
    failed,
  };
  Kind kind = Kind::created;
  std::string error;  ///< for waits and failed
};

/// Whether the error says that the object exists already. Some of these have no SQLSTATE of their
/// own and are known by the server's (English) text.
bool says_already_exists(const Error& error);
/// Whether the error can go away once other objects exist.
bool says_something_is_missing(const Error& error);

/// Runs DDL statements on the target, one at a time, each as its own unit.
///
/// Catalog conflicts are retried on the spot, five times; a lost connection is renewed and the
/// statement run again: when it exists by then, the lost attempt had created it. Throws: the error
/// of the connection when it can't be renewed in about five minutes.
class DdlRunner {
 public:
  /// `ignore_exist`: objects that are there already are fine.
  DdlRunner(engine::TargetEngine& target, bool ignore_exist);

  Outcome run(const FileStatement& item);
  Outcome run(const std::string& sql);
  /// The connection that it uses, renewed if it was lost.
  engine::SchemaWriter& writer();

 private:
  void connect();
  Outcome run_with_facts(const std::string& sql, const Facts& facts);
  Outcome judge(const Error& error, const Facts& facts, bool reconnected) const;

  engine::TargetEngine& target_;
  bool ignore_exist_;
  std::unique_ptr<engine::SchemaWriter> writer_;
};

}  // namespace voyager::schema
