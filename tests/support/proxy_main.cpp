// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <stdexcept>

#include "support/proxy.hpp"

namespace {

struct Place {
  std::string host;
  int port = 0;
};

Place place_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) throw std::invalid_argument(text + " is not HOST:PORT");
  return {text.substr(0, colon), std::stoi(text.substr(colon + 1))};
}

}  // namespace

/// A slow network before a server, for measurements: ends with SIGTERM or SIGINT.
int main(int argc, char** argv) {
  std::string listen;
  std::string server;
  int delay = 0;
  CLI::App app("Passes connections on to a PostgreSQL server, each byte later by a fixed time.");
  app.add_option("--listen", listen, "127.0.0.1:PORT")->required();
  app.add_option("--to", server, "HOST:PORT; a directory as HOST means the socket in it")
      ->required();
  app.add_option("--delay-us", delay, "microseconds, in each direction")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // Blocked before the proxy's thread starts, so that only sigwait() below gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    const Place to = place_of(server);
    voyager::engine::Endpoint endpoint;
    endpoint.host = to.host;
    endpoint.port = to.port;
    voyager::testing::Proxy proxy(endpoint, place_of(listen).port);
    proxy.set_delay(std::chrono::microseconds(delay));
    std::cout << "listening on 127.0.0.1:" << proxy.port() << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
  } catch (const std::exception& error) {
    std::cerr << "voyager-proxy: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
