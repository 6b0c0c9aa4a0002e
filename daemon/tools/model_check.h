// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_MODEL_CHECK_H_
#define KRAIT_DAEMON_TOOLS_MODEL_CHECK_H_

#include <filesystem>

#include "base/result.h"
#include "daemon/tools/model_verify.h"

namespace krait::daemon {

// VerifyModel, after its files have been hashed, of which the content is known
// (models/known_content.h). `hashed`, if not null, becomes how many are.
base::Result<VerifiedModel> CheckModel(const std::filesystem::path& path,
                                       size_t* hashed = nullptr);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_MODEL_CHECK_H_
