// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "engines/postgres/connection.hpp"
#include "model/stall.hpp"

namespace voyager::postgres {

/// Sessions with the application name of this connection that wait for a lock, and whose it is.
/// Sessions of that name that wait for each other do not count: they do so all the time.
Stall blocked_sessions(Connection& connection);

/// The walsender of a slot that waits for a lock, or for other servers, or for nothing at all while
/// there is log that it has not sent.
Stall sender_stall(Connection& connection, const std::string& slot);

}  // namespace voyager::postgres
