// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_OWN_MODELS_H_
#define KRAIT_DAEMON_MODELS_OWN_MODELS_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "daemon/models/environment.h"

namespace krait::models {

// Makes the model `path`, a file (of several parts: any of them) or a folder,
// known in the folder `own` by a name, by links. Empty: its own name. Returns
// the link. A name that is taken by another model is refused.
base::Result<std::filesystem::path> AddLink(const std::filesystem::path& path,
                                            const std::string& name,
                                            const std::filesystem::path& own);

// Removes a model from krait's folder, with all of its parts, or from the hub's
// cache, there with what no other revision has. Returns how many bytes that
// frees. Refuses what is elsewhere.
base::Result<uint64_t> RemoveModel(const std::filesystem::path& path,
                                   const ModelStores& stores);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_OWN_MODELS_H_
