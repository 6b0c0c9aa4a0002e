// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_METRICS_H_
#define KRAIT_DAEMON_HTTP_METRICS_H_

#include <string>

#include "daemon/http/dialect.h"

namespace krait::daemon {

// Returns the counters of the daemon in Prometheus' text format: those that
// llama.cpp's server has by its names, and krait's own. Numbers only.
std::string MetricsText(const HttpView& view);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_METRICS_H_
