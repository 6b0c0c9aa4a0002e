// SPDX-License-Identifier: Apache-2.0
//
// The room's door: from what a user typed to a model on this machine.
//
//   const auto model = GetModel("hf:owner/repo:Q8_0", VariableOfProcess, {});
#ifndef KRAIT_DAEMON_MODELS_GET_MODEL_H_
#define KRAIT_DAEMON_MODELS_GET_MODEL_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/environment.h"
#include "daemon/models/fetch.h"

namespace krait::models {

struct GetOptions {
  std::string sha256 = {};  // what the only file is to be; empty: unknown
  bool offline = false;     // beside what the environment says
  OnDownloadProgress on_progress = {};
  std::function<base::Status(const FetchPlan&)> approve = {};
  std::function<void(const std::string&)> note = {};
};

// Fetches the model that `what` names (model_source.h) unless it is here.
base::Result<FetchedModel> GetModel(std::string_view what,
                                    const Variables& variables,
                                    const GetOptions& options);

// Returns from where its files would be fetched; of the hub only.
base::Result<std::vector<FileAddress>> AddressesOf(std::string_view what,
                                                   const Variables& variables);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_GET_MODEL_H_
