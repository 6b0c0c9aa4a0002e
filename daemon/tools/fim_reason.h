// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_FIM_REASON_H_
#define KRAIT_DAEMON_TOOLS_FIM_REASON_H_

#include <string>

#include "daemon/host/local/model_summary.h"

namespace krait::daemon {

// Returns why a model's prompts are laid out as they are: what its file says,
// or which tokens its vocabulary has.
std::string FimReason(const ModelSummary& summary);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_FIM_REASON_H_
