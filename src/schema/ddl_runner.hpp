// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/status.hpp"
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

/// Whether a CREATE EXTENSION failed because the server has not got the extension's files.
bool says_extension_is_unavailable(const Error& error);

struct DdlRules {
  bool ignore_exist = false;                   ///< objects that are there already are fine
  std::chrono::milliseconds first_pause{500};  ///< before a statement is tried again
};

/// Runs DDL statements on the target, one at a time, each as its own unit.
///
/// Conflicts over the catalog are tried again on the spot, five times with growing pauses, each
/// time on a new connection, which reads the catalog anew; a lost connection is renewed about five
/// minutes long. Each new try is a warning to the user. When the object exists after a try whose
/// end is not known, that try had created it. Before every CREATE INDEX an INVALID index of its
/// name is dropped, which an earlier try or an earlier run has left. Throws: the error of the
/// connection when it can't be renewed.
class DdlRunner {
 public:
  DdlRunner(engine::TargetEngine& target, Status& status, DdlRules rules = {});

  Outcome run(const FileStatement& item);
  Outcome run(const std::string& sql);
  /// Does something that may be done twice, with the same new tries; `what` names it to the user.
  /// Throws: what is not worth a new try.
  void repeat(const std::string& what, const std::function<void(engine::SchemaWriter&)>& work);

 private:
  engine::SchemaWriter& writer();
  void connect();
  void try_again_after(const Error& error, const std::string& what);
  Outcome execute(const std::string& sql, const Facts& facts);
  Outcome attempt(const std::string& what, const std::string& sql, const Facts& facts);
  Outcome judge(const Error& error, const Facts& facts) const;

  engine::TargetEngine& target_;
  Status& status_;
  DdlRules rules_;
  std::unique_ptr<engine::SchemaWriter> writer_;
  /// A try of the present work ended without an answer that says whether it took effect.
  bool in_doubt_ = false;
};

}  // namespace voyager::schema
