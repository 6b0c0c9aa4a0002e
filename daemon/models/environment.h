// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_ENVIRONMENT_H_
#define KRAIT_DAEMON_MODELS_ENVIRONMENT_H_

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/models/url.h"

namespace krait::models {

// What the environment says about models: the variables of the hub's own
// clients, of llama.cpp and of Ollama. Tests make their own.

// Returns a variable's value; empty: not set.
using Variables = std::function<std::string(const char* name)>;
std::string VariableOfProcess(const char* name);

// Where models are. A folder may not exist; an empty path: there is none.
struct ModelStores {
  std::filesystem::path own;  // krait's
  std::filesystem::path hub;  // the hub's cache, which krait fetches into
  std::filesystem::path llama_cpp;
  std::vector<std::filesystem::path> ollama;
  std::vector<std::filesystem::path> lm_studio;
};
// HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, LLAMA_CACHE, OLLAMA_MODELS, and
// the home directory.
ModelStores FindStores(const Variables& variables);

// How to speak to the hub.
struct HubAccess {
  Url endpoint;
  std::string token;  // empty: none
  bool offline = false;
  std::chrono::seconds stall{30};  // without a byte, then it is given up
};
// HF_ENDPOINT; HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH or the
// one of `hf auth login`, unless HF_HUB_DISABLE_IMPLICIT_TOKEN is set;
// HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE; HF_HUB_DOWNLOAD_TIMEOUT. Fails if one
// cannot be read.
base::Result<HubAccess> FindHubAccess(const Variables& variables);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_ENVIRONMENT_H_
