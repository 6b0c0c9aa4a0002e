// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_CURL_TRANSPORT_H_
#define KRAIT_DAEMON_MODELS_CURL_TRANSPORT_H_

#include <chrono>
#include <memory>

#include "base/result.h"
#include "daemon/models/http.h"

namespace krait::models {

// Opens a transport by libcurl, which keeps its connections between calls and
// honours the proxy's variables (https_proxy, no_proxy, ...). An exchange in
// which nothing comes for `stall` fails. For one thread.
base::Result<std::unique_ptr<Transport>> OpenCurlTransport(
    std::chrono::seconds stall);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_CURL_TRANSPORT_H_
