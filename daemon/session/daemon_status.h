// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_DAEMON_STATUS_H_
#define KRAIT_DAEMON_SESSION_DAEMON_STATUS_H_

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/host/completion_host.h"
#include "daemon/host/statistics.h"
#include "daemon/session/acceptance_store.h"
#include "daemon/session/lsp_session.h"

namespace krait::daemon {

struct ConnectionStatus {
  uint64_t id = 0;
  std::string purpose;
  std::chrono::steady_clock::duration age{};
  SessionStatus session;  // empty unless an editor's
};

// All that a daemon says of itself.
struct DaemonStatus {
  std::string model;  // its path
  bool draining = false;
  std::vector<std::string> http = {};  // addresses that are listened at
  size_t http_connections = 0;
  std::vector<ConnectionStatus> connections;
};

// Returns the answer to the control request "status". At most 200 documents of
// a connection are listed, so that it stays within kMaxStatusBytes.
boost::json::object StatusToJson(const DaemonStatus& status,
                                 CompletionHost& host,
                                 const AcceptanceStore& acceptance);

// Parts of it, for `krait/status`: of the process and its model, and of
// documents.
boost::json::object HostToJson(CompletionHost& host);
boost::json::array DocumentsToJson(
    const std::vector<SessionStatus::Document>& documents);
// Adds "statistics": null if they cannot be read.
void AddAcceptance(const AcceptanceStore& acceptance,
                   boost::json::object* object);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_DAEMON_STATUS_H_
