// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
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

}  // namespace voyager::engine
