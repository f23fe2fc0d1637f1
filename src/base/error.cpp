// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <fmt/format.h>

namespace voyager {

Error::Error(ErrorCode code, Action action, const std::string& message, std::string remedy)
    : std::runtime_error(message), code_(code), action_(action), remedy_(std::move(remedy)) {}

Error& Error::with_sqlstate(std::string sqlstate) {
  sqlstate_ = std::move(sqlstate);
  return *this;
}

Error Error::within(std::string_view context) const {
  Error outer(code_, action_, fmt::format("{}: {}", context, what()), remedy_);
  outer.sqlstate_ = sqlstate_;
  return outer;
}

std::string Error::line() const {
  std::string text = fmt::format("E{} {}", code_.number, what());
  if (!remedy_.empty()) text += fmt::format(". {}", remedy_);
  return text;
}

void fail(ErrorCode code, const std::string& message, std::string remedy) {
  throw Error(code, Action::give_up, message, std::move(remedy));
}

}  // namespace voyager
