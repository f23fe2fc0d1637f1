// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace voyager::engine {

/// How to reach a database. The password lives only here, in memory.
struct Endpoint {
  std::string type;  ///< postgresql, yugabytedb; the key of the registry
  std::string host;
  int port = 0;
  std::string database;
  std::string user;
  Secret password;
  std::vector<std::string> schemas;  ///< empty: all user schemas
  std::string ssl_mode, ssl_cert, ssl_key, ssl_root_cert, ssl_crl;
  /// Other nodes to spread connections over ("host:port"); filled from --target-endpoints.
  std::vector<std::string> nodes;
  bool use_public_ip = false;
  /// What the connection calls itself on the server: "yb-voyager <role>".
  std::string application;
};

/// Where a server listens.
struct Address {
  std::string host;
  int port = 0;
  friend bool operator==(const Address&, const Address&) = default;
};

/// Reads "host[:port]"; an IPv6 address stands in brackets. None when it is not of that form.
std::optional<Address> parse_address(std::string_view text, int default_port);

}  // namespace voyager::engine
