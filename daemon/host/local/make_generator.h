// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_MAKE_GENERATOR_H_
#define KRAIT_DAEMON_HOST_LOCAL_MAKE_GENERATOR_H_

#include <filesystem>

#include "base/result.h"
#include "daemon/host/completion_host.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// Returns where the fingerprints of models are remembered; empty without a
// home.
std::filesystem::path FingerprintsFile();

// Returns the file of the mark that states were forgotten (see ForgetMark);
// empty without a home.
std::filesystem::path ForgetMarkFile();

// Makes the generator that the options ask for: the only place that does.
// Loads a model, which the generator owns with its threads.
base::Result<ReadyGenerator> MakeGenerator(const ModelOptions& options);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_MAKE_GENERATOR_H_
