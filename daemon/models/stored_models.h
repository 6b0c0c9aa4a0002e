// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_STORED_MODELS_H_
#define KRAIT_DAEMON_MODELS_STORED_MODELS_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/environment.h"
#include "daemon/models/hub_api.h"
#include "daemon/models/model_source.h"

namespace krait::models {

// A model that some program has fetched. krait runs it from where it is.
struct StoredModel {
  std::string name;            // a file's stem, a repository, "llama3:8b"
  std::filesystem::path path;  // a file, or a folder with safetensors
  std::string store;           // "hub", "llama.cpp", "ollama", "LM Studio"
};

// Returns what the caches of the hub, llama.cpp, Ollama and LM Studio hold,
// each file once; does not open the models. krait's own folder is not among
// them. What cannot be read is left out.
std::vector<StoredModel> FindStoredModels(const ModelStores& stores);

// Returns where the model that a source names is, if all of its files are
// here; asks nobody.
std::optional<std::filesystem::path> FindStored(const HubSource& source,
                                                const ModelStores& stores);
std::optional<std::filesystem::path> FindStored(const OllamaSource& source,
                                                const ModelStores& stores);

// Returns the model of that name, or "hf:" and "ollama:" as for fetching.
// kNotFound: there is none, or there are several.
base::Result<std::filesystem::path> FindStoredByName(std::string_view name,
                                                     const ModelStores& stores);

// Returns other programs' files that may have a hub's file: one whose name is
// its SHA-256 and length, or that has its repository, name and length. Whether
// it does only hashing it can tell.
std::vector<std::filesystem::path> OtherCopies(std::string_view repo,
                                               const HubFile& file,
                                               const ModelStores& stores);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_STORED_MODELS_H_
