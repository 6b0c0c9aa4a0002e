// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SERVER_MODEL_GENERATOR_H_
#define KRAIT_DAEMON_SERVER_MODEL_GENERATOR_H_

#include <filesystem>

#include "daemon/loaded_model.h"
#include "daemon/server/completion_host.h"
#include "engine/error.h"

namespace krait::daemon {

// Returns where the fingerprints of models are remembered; empty without a
// home.
std::filesystem::path FingerprintsFile();

// Returns the file of the mark that states were forgotten (see ForgetMark);
// empty without a home.
std::filesystem::path ForgetMarkFile();

// Loads a model and makes it a generator that owns it and its threads.
engine::Result<ReadyGenerator> LoadGenerator(const ModelOptions& options);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SERVER_MODEL_GENERATOR_H_
