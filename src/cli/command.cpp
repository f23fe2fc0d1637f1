// SPDX-License-Identifier: Apache-2.0
#include "cli/command.hpp"

#include <ostream>

#include "cli/target_schema.hpp"

namespace voyager::cli {

Secret password_or_ask(const std::optional<Secret>& given, const Session& session,
                       const std::string& whose) {
  return given ? *given : session.ask_password(whose);
}

void print_document(std::ostream& out, const std::string& text) {
  out << text;
  if (text.empty() || text.back() != '\n') out << '\n';
}

void warn_about_schema(const std::string& flag, const std::string& schema, Status& status) {
  // "public" is what the option meant by default, so nothing is different then.
  if (schema.empty() || schema == "public") return;
  status.warning(flag + " is ignored: the schemas of a PostgreSQL source keep their names");
}

}  // namespace voyager::cli
