// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CONFIG_CONFIG_H_
#define KRAIT_DAEMON_CONFIG_CONFIG_H_

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/rules/completion_rules.h"
#include "daemon/loaded_model.h"
#include "daemon/log.h"
#include "daemon/remote/settings.h"

namespace krait::daemon {

// Where other programs than editors find the model, and which.
struct HttpConfig {
  std::string listen;         // see ParseListenAddress; empty: nowhere
  bool token_always = false;  // else only who is not this user needs it
  std::vector<std::string> allowed_origins = {};  // of pages
};

// How repositories are searched.
struct RepositoryConfig {
  std::string embedding_model;   // see OpenRepositoryEncoder
  bool index_on_battery = true;  // else what follows files rests meanwhile
};

// What the user can set. The names of the settings, which a file and an
// editor share, are in known_settings.cc.
struct Config {
  ModelOptions model;
  completion::CompletionOptions completion;
  completion::CompletionRules rules;
  HttpConfig http;
  remote::RemoteSettings remote;
  RepositoryConfig repository;
  bool statistics = true;  // counts what becomes of suggestions
  LogLevel log_level = LogLevel::kInfo;
  // How long a daemon stays without connections; zero: for ever.
  std::chrono::milliseconds idle_exit = std::chrono::minutes(15);
};

// Something that was set and is not as it should be.
struct ConfigProblem {
  bool is_error = false;  // else a warning: an unknown name
  std::string message;    // names file and line, key, and what was expected
};

// The settings of a file. A setting with a problem keeps its default.
struct LoadedConfig {
  Config config;
  std::filesystem::path file;  // empty: there is none
  // Where each setting that is not as it comes is from: "FILE:LINE" by key.
  std::map<std::string, std::string> places;
  std::vector<ConfigProblem> problems;
};

// Reads `file`; empty: $XDG_CONFIG_HOME/krait/config.toml, which may be
// missing. Never fails: a file that cannot be read is a problem. Relative paths
// in it begin at its folder: the current one is often a repository.
LoadedConfig LoadConfig(const std::filesystem::path& file);

// Returns $XDG_CONFIG_HOME/krait (~/.config/krait), $XDG_STATE_HOME/krait
// (~/.local/state/krait); empty without a home. They may not exist.
std::filesystem::path ConfigHome();
std::filesystem::path StateHome();

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CONFIG_CONFIG_H_
