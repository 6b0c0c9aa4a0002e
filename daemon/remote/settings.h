// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_SETTINGS_H_
#define KRAIT_DAEMON_REMOTE_SETTINGS_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/models/url.h"

namespace krait::remote {

// What the engine elsewhere speaks.
enum class EngineKind : uint8_t {
  kOpenAi,   // /v1/completions, /v1/chat/completions: vLLM and most others
  kMistral,  // /v1/fim/completions, /v1/chat/completions
  kLlama,    // llama-server: /infill, /v1/chat/completions
};

// An engine elsewhere, and what it is for. As it comes nothing is configured,
// and nothing is sent.
struct RemoteSettings {
  std::string url;  // "https://api.mistral.ai"; empty: there is none
  EngineKind kind = EngineKind::kOpenAi;
  std::string model;    // as the engine calls it; may be empty where it has one
  std::string key_env;  // the variable that holds the key; empty: no key
  bool completion = false;
  bool chat = false;
  // Absolute folders: completions of files below them may be sent, of others
  // never.
  std::vector<std::string> workspaces;
  // How an engine of kind kOpenAi is asked to fill in: a template with {prefix}
  // and {suffix}, in which the rest are its model's control tokens. Empty: by
  // the field `suffix`.
  std::string fim_template;
  // How long a completion waits for its first token before krait's own model
  // makes it.
  std::chrono::milliseconds completion_wait{1500};
  // How long a conversation waits, and either for more once it has begun.
  std::chrono::milliseconds timeout = std::chrono::seconds(60);

  bool configured() const { return !url.empty() && (completion || chat); }
};

// Returns the address below which the engine's paths are: without "/v1" and a
// slash at its end. kInvalidArgument: it is no http(s) URL.
base::Result<models::Url> BaseOf(std::string_view url);

// Returns the variable that holds the key; empty: none does.
std::string KeyVariable(const RemoteSettings& settings);
// Returns the variables of the environment that asking the engine depends on:
// its key's, the proxy's and those of certificates. None if there is no engine.
std::vector<std::string> VariablesFor(const RemoteSettings& settings);

// Whether that is this machine.
bool IsLoopback(const models::Url& url);

// Whether the template has {prefix} and {suffix} once each.
bool IsFimTemplate(std::string_view text);

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_SETTINGS_H_
