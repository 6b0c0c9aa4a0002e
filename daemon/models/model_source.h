// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_MODEL_SOURCE_H_
#define KRAIT_DAEMON_MODELS_MODEL_SOURCE_H_

#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "daemon/models/url.h"

namespace krait::models {

// Where a model is to be fetched from, as a user names it.

// hf:OWNER/REPO[@REVISION][:QUANT] or hf:OWNER/REPO/PATH/FILE[@REVISION]
struct HubSource {
  std::string repo = {};  // "owner/repo"
  std::string revision = "main";
  std::string quant = {};  // "Q8_0"; empty: by krait's choice
  std::string file = {};   // in the repository; empty: by `quant`

  friend bool operator==(const HubSource&, const HubSource&) = default;
};

// ollama:NAME[:TAG], ollama:USER/NAME[:TAG], ollama:HOST/USER/NAME[:TAG]
struct OllamaSource {
  std::string host = "registry.ollama.ai";
  std::string name = {};  // "library/llama3"
  std::string tag = "latest";

  friend bool operator==(const OllamaSource&, const OllamaSource&) = default;
};

// A word: the name of a recommended model.
struct RecommendedSource {
  std::string name;

  friend bool operator==(const RecommendedSource&,
                         const RecommendedSource&) = default;
};

using ModelSource =
    std::variant<HubSource, OllamaSource, Url, RecommendedSource>;

// Refuses what is none, and says what there is. A URL of a file at the hub
// (`endpoint`) is a file of a repository.
base::Result<ModelSource> ParseModelSource(std::string_view text,
                                           const Url& endpoint);

// "owner/repo": letters, digits and . _ - in both, neither begins with . or -.
bool IsRepoName(std::string_view repo);

// Whether `text` begins like the name of something to fetch, "hf:" or
// "ollama:".
bool IsRemoteName(std::string_view text);

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_MODEL_SOURCE_H_
