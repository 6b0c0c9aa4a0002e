// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODEL_LOOKUP_H_
#define KRAIT_DAEMON_MODEL_LOOKUP_H_

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/environment.h"

namespace krait::daemon {

// What the search for models depends on; tests make their own.
struct ModelEnvironment {
  std::filesystem::path executable;
  std::string krait_model;          // $KRAIT_MODEL
  std::string xdg_data_home;        // $XDG_DATA_HOME
  std::string home;                 // $HOME
  uid_t user = 0;                   // whose folders are trusted, beside root's
  models::ModelStores stores = {};  // other programs' models

  static ModelEnvironment OfProcess();
};

// Returns the folders that hold models, best first, existing ones only:
// ../share/krait/models beside the executable (an installation), models/ in a
// folder above the executable (a build in the source tree), and
// $XDG_DATA_HOME/krait/models or ~/.local/share/krait/models. Not those that
// other users can put models into: the way up from the executable ends at a
// folder like /tmp.
std::vector<std::filesystem::path> ModelFolders(const ModelEnvironment& env);

// Finds a model. `model` is the path of a .gguf file or of a directory with
// safetensors, which has a / or begins with ~, or else the name of a model in
// one of the folders, or in the caches of the hub, llama.cpp, Ollama and LM
// Studio (there also hf:OWNER/REPO[:QUANT] or ollama:NAME). A name is never
// looked up in the current directory: that is often a repository, which would
// bring a model of its own. Empty: $KRAIT_MODEL, then the first folder's
// default: the file named by its text file `default`, or its only model. Only
// looks; does not open the model.
base::Result<std::filesystem::path> FindModel(std::string_view model,
                                              const ModelEnvironment& env);

// The same, as an absolute path without symbolic links, by which processes can
// tell whether they mean the same model.
base::Result<std::string> FindModelPath(std::string_view model,
                                        const ModelEnvironment& env);

struct FoundModel {
  std::string name;  // what FindModel takes
  std::filesystem::path path;
  std::string store;  // "krait", or whose cache it is in: "hub", "ollama", ...
  bool is_default = false;
};

// Returns all models in the folders and in the caches, by folder and name. The
// default is what `model` finds.
std::vector<FoundModel> ListModels(std::string_view model,
                                   const ModelEnvironment& env);

// Whether `model` is a path, as FindModel takes it.
bool IsModelPath(std::string_view model);

// Returns the size of a model file, of all parts if it is one of several, or of
// all files in a model's directory.
uintmax_t ModelBytes(const std::filesystem::path& path);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_MODEL_LOOKUP_H_
