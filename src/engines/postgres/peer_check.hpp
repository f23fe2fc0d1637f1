// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "engine/endpoint.hpp"

namespace voyager::postgres {

/// How long a server may say nothing at all before it is asked whether it is still there:
/// YB_VOYAGER_NETWORK_PATIENCE seconds, 60 without it.
///
/// Long enough that a busy server is seldom asked, short enough that nobody takes a broken network
/// for a slow one.
std::chrono::seconds network_patience();

/// Who serves a session, so that another session can find it.
struct ServedBy {
  std::string pid;           ///< as the server has it; a pooler between shows another one
  std::string server_start;  ///< tells servers behind one address apart
};

/// Asks over a connection of its own whether the server still works on the statement of that
/// session.
///
/// A tunnel, a proxy or a load balancer may keep a connection open whose other half is gone: TCP's
/// keep-alives see nothing of that. A session that waits for its client, while its client waits for
/// it, is ended, so that its locks are free for the next one. True when in doubt; it may take a
/// multiple of network_patience().
bool still_works(const engine::Endpoint& endpoint, const ServedBy& session);

}  // namespace voyager::postgres
