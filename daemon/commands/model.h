// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_H_

#include <boost/json/fwd.hpp>

#include "daemon/host/local/model_summary.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

struct ModelArguments {
  ModelOptions model;
  bool json = false;
};

// `krait model info M`: what a model is.
int RunModelInfo(const ModelArguments& arguments);
// `krait model verify M`: reads and checks everything.
int RunModelVerify(const ModelArguments& arguments);

boost::json::object SummaryToJson(const ModelSummary& summary);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_H_
