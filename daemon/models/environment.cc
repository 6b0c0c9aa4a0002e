// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "daemon/models/file_names.h"  // LowerCased
#include "daemon/models/http.h"        // ParseNumber

namespace krait::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPublicHub = "https://huggingface.co";

fs::path Home(const Variables& variables) {
  return variables("HOME");
}

// Returns HOME/`below`; empty without a home.
fs::path BelowHome(const Variables& variables, const char* below) {
  const fs::path home = Home(variables);
  return home.empty() ? home : home / below;
}

// "~/x" is below the home directory, as the hub's clients read it.
fs::path Expanded(const std::string& path, const Variables& variables) {
  if (path.starts_with("~/")) return Home(variables) / path.substr(2);
  return path;
}

fs::path CacheHome(const Variables& variables) {
  const std::string cache = variables("XDG_CACHE_HOME");
  return cache.empty() ? BelowHome(variables, ".cache") : fs::path(cache);
}

// Where the hub's clients keep their cache, token and settings.
fs::path HubHome(const Variables& variables) {
  const std::string home = variables("HF_HOME");
  if (!home.empty()) return Expanded(home, variables);
  const fs::path cache = CacheHome(variables);
  return cache.empty() ? cache : cache / "huggingface";
}

fs::path HubFolder(const Variables& variables) {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    const std::string cache = variables(name);
    if (!cache.empty()) return Expanded(cache, variables);
  }
  const fs::path home = HubHome(variables);
  return home.empty() ? home : home / "hub";
}

// As the hub's clients read a flag.
bool IsOn(const std::string& value) {
  const std::string lower = LowerCased(value);
  return lower == "1" || lower == "on" || lower == "yes" || lower == "true";
}

bool IsToken(std::string_view token) {
  constexpr size_t kLongest = 1024;
  return token.size() <= kLongest && std::ranges::all_of(token, [](char c) {
           return c > ' ' && c < '\x7f';
         });
}

std::string TokenOfFile(const fs::path& path) {
  std::ifstream stream(path);
  std::string token;
  std::getline(stream, token);
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  return token;
}

base::Result<std::string> FindToken(const Variables& variables) {
  if (IsOn(variables("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return std::string();
  std::string origin = "HF_TOKEN";
  std::string token = variables("HF_TOKEN");
  if (token.empty()) token = variables("HUGGING_FACE_HUB_TOKEN");
  if (token.empty()) {
    const std::string named = variables("HF_TOKEN_PATH");
    const fs::path file = named.empty() ? HubHome(variables) / "token"
                                        : Expanded(named, variables);
    token = TokenOfFile(file);
    origin = file.string();
  }
  if (IsToken(token)) return token;
  return base::MakeError(base::ErrorCode::kInvalidArgument,
                         origin + ": holds a character that no token has");
}

}  // namespace

std::string VariableOfProcess(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

ModelStores FindStores(const Variables& variables) {
  ModelStores stores;
  const std::string data = variables("XDG_DATA_HOME");
  stores.own = data.empty() ? BelowHome(variables, ".local/share/krait/models")
                            : fs::path(data) / "krait/models";
  stores.hub = HubFolder(variables);
  const std::string llama_cpp = variables("LLAMA_CACHE");
  const fs::path cache = CacheHome(variables);
  if (!llama_cpp.empty()) {
    stores.llama_cpp = llama_cpp;
  } else if (!cache.empty()) {
    stores.llama_cpp = cache / "llama.cpp";
  }
  const std::string ollama = variables("OLLAMA_MODELS");
  if (!ollama.empty()) {
    stores.ollama = {ollama};
  } else if (!Home(variables).empty()) {
    stores.ollama = {Home(variables) / ".ollama/models",
                     "/usr/share/ollama/.ollama/models"};  // its own user's
  }
  if (!Home(variables).empty()) {
    stores.lm_studio = {Home(variables) / ".lmstudio/models",
                        Home(variables) / ".cache/lm-studio/models"};
  }
  return stores;
}

base::Result<HubAccess> FindHubAccess(const Variables& variables) {
  HubAccess access;
  std::string endpoint = variables("HF_ENDPOINT");
  if (endpoint.empty()) endpoint = kPublicHub;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  auto url = ParseUrl(endpoint);
  if (!url) {
    return base::MakeError(url.error().code,
                           "HF_ENDPOINT: " + url.error().message);
  }
  access.endpoint = std::move(*url);
  if (access.endpoint.target == "/") access.endpoint.target.clear();
  auto token = FindToken(variables);
  if (!token) return token.error();
  access.token = std::move(*token);
  access.offline = IsOn(variables("HF_HUB_OFFLINE")) ||
                   IsOn(variables("TRANSFORMERS_OFFLINE"));
  constexpr uint64_t kLongest = 3600;
  const std::string timeout = variables("HF_HUB_DOWNLOAD_TIMEOUT");
  const auto seconds = ParseNumber(timeout);
  if (!timeout.empty() && (!seconds || *seconds < 1 || *seconds > kLongest)) {
    return base::MakeError(
        base::ErrorCode::kInvalidArgument,
        fmt::format("HF_HUB_DOWNLOAD_TIMEOUT: expected 1 to {} seconds, found "
                    "\"{}\"",
                    kLongest, timeout));
  }
  if (seconds) access.stall = std::chrono::seconds(*seconds);
  return access;
}

}  // namespace krait::models
