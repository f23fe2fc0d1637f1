// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>

namespace voyager {

/// A password. It has no stream or format operator, so it can't slip into a log or a message;
/// reveal() is called only where a client library needs the text.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  bool empty() const { return text_.empty(); }
  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

}  // namespace voyager
