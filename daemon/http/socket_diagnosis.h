// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_SOCKET_DIAGNOSIS_H_
#define KRAIT_DAEMON_HTTP_SOCKET_DIAGNOSIS_H_

#include <sys/types.h>

#include <optional>

#include "base/result.h"
#include "daemon/http/peer_owner.h"

namespace krait::daemon {

// Asks the kernel for the one socket of a connection from `from` to `to` and
// returns whose it is (sock_diag(7)): some 10 microseconds, however many
// sockets there are. Nothing: there is none here, or nobody has it open any
// more. An error: this kernel does not answer.
base::Result<std::optional<uid_t>> DiagnoseOwner(const SocketEnd& from,
                                                 const SocketEnd& to);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_SOCKET_DIAGNOSIS_H_
