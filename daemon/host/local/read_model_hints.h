// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_READ_MODEL_HINTS_H_
#define KRAIT_DAEMON_HOST_LOCAL_READ_MODEL_HINTS_H_

#include <filesystem>

#include "base/result.h"
#include "daemon/completion/generator/model_hints.h"
#include "engine/file/gguf.h"

namespace krait::daemon {

// Reads the keys krait.confidence.* and krait.languages. Errors name file and
// key, and what was expected.
base::Result<completion::ModelHints> ReadModelHints(
    const engine::GgufFile& gguf);
// The same of a model's path, as Model::Load takes it. A directory says
// nothing.
base::Result<completion::ModelHints> ReadModelHints(
    const std::filesystem::path& path);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_READ_MODEL_HINTS_H_
