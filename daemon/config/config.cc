// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "daemon/config/known_settings.h"
#include "daemon/config/settings.h"
#include "daemon/model_lookup.h"

// Errors as values: no exception of the parser can get out of a function.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace krait::daemon {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;

// Returns $`variable`/krait, or ~/`fallback`/krait.
std::filesystem::path BaseDirectory(const char* variable,
                                    const char* fallback) {
  const char* base = std::getenv(variable);
  // The specification says to ignore relative ones.
  if (base != nullptr && *base == '/') {
    return std::filesystem::path(base) / "krait";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::filesystem::path(home) / fallback / "krait";
}

SettingValue ListOf(const toml::array& array) {
  TextList list;
  for (const toml::node& item : array) {
    const auto* text = item.as_string();
    if (text == nullptr) return {};
    list.push_back(text->get());
  }
  return list;
}

SettingValue TableOf(const toml::table& table) {
  FlagTable flags;
  for (const auto& [name, node] : table) {
    const auto* flag = node.as_boolean();
    if (flag == nullptr) return {};
    flags.emplace(name.str(), flag->get());
  }
  return flags;
}

SettingValue ValueOf(const toml::node& node) {
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* list = node.as_array()) return ListOf(*list);
  if (const auto* table = node.as_table()) return TableOf(*table);
  return {};
}

void Flatten(const toml::table& table, const std::string& prefix,
             const std::string& file, std::vector<Setting>* settings) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const auto* inner = node.as_table();
    if (inner != nullptr && !IsTableSetting(key)) {
      Flatten(*inner, key + ".", file, settings);
    } else {
      settings->push_back(
          {.key = key,
           .value = ValueOf(node),
           .place = fmt::format("{}:{}", file, node.source().begin.line)});
    }
  }
}

// A path in the file may begin with ~, or at the folder of the file.
std::string WithHome(const std::string& path) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || (path != "~" && !path.starts_with("~/"))) return path;
  return home + path.substr(1);
}

std::filesystem::path PathInFile(const std::filesystem::path& path,
                                 const std::filesystem::path& file) {
  if (path.empty()) return path;
  const std::filesystem::path whole = WithHome(path.string());
  if (whole.is_absolute()) return whole;
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error);
  return error ? path : (absolute.parent_path() / path).lexically_normal();
}

// Absolute, without a slash at the end, and where links lead to as well: files
// are known by all their names.
void ResolveFolders(std::vector<std::string>* folders) {
  std::vector<std::string> all;
  const auto add = [&all](const std::filesystem::path& path) {
    std::string folder = path.lexically_normal().string();
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    if (std::find(all.begin(), all.end(), folder) == all.end()) {
      all.push_back(std::move(folder));
    }
  };
  for (const std::string& written : *folders) {
    const std::filesystem::path folder = WithHome(written);
    if (!folder.is_absolute()) continue;  // there is no home
    add(folder);
    std::error_code error;
    const auto real = std::filesystem::weakly_canonical(folder, error);
    if (!error) add(real);
  }
  *folders = std::move(all);
}

void ResolvePaths(LoadedConfig* loaded) {
  ModelOptions& model = loaded->config.model;
  if (IsModelPath(model.model)) {
    model.model = PathInFile(model.model, loaded->file).string();
  }
  model.state_dir = PathInFile(model.state_dir, loaded->file);
  for (std::string& glob : model.state_exclude) glob = WithHome(glob);
  ResolveFolders(&loaded->config.remote.workspaces);
}

void NotePlaces(const std::vector<Setting>& settings, LoadedConfig* loaded) {
  for (const Setting& setting : settings) {
    const KnownSetting* known = FindSetting(setting.key);
    Config alone;
    // What is wrong does not count.
    if (known == nullptr || !known->set(setting.value, &alone)) continue;
    loaded->places[setting.key] = setting.place;
  }
  if (const auto place = loaded->places.find("model");
      place != loaded->places.end()) {
    loaded->config.model.model_origin = place->second + ": model";
  }
}

// What the file forbids is not known then: nothing is read, nothing saved.
void CannotRead(const std::string& why, LoadedConfig* loaded) {
  loaded->problems = UnreadableSettings(why, &loaded->config);
  loaded->config.model.state_exclude = {"**"};
}

base::Result<std::string> ReadFile(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  if (stream) {
    text.resize(kMaxFileBytes + 1);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(stream.gcount()));
  }
  if (!stream.is_open() || stream.bad() ||
      std::filesystem::is_directory(file)) {
    return base::MakeError(
        base::ErrorCode::kIo,
        fmt::format("{}: {}", file.string(),
                    errno != 0 ? std::strerror(errno) : "cannot be read"));
  }
  if (text.size() > kMaxFileBytes) {
    return base::MakeError(base::ErrorCode::kBadFile,
                           fmt::format("{}: expected at most {} bytes",
                                       file.string(), kMaxFileBytes));
  }
  return text;
}

void Read(const std::filesystem::path& file, LoadedConfig* loaded) {
  const auto text = ReadFile(file);
  if (!text) {
    return CannotRead(text.error().message, loaded);
  }
  const toml::parse_result parsed = toml::parse(*text, file.string());
  if (!parsed) {
    return CannotRead(fmt::format("{}:{}: {}", file.string(),
                                  parsed.error().source().begin.line,
                                  parsed.error().description()),
                      loaded);
  }
  std::vector<Setting> settings;
  Flatten(parsed.table(), "", file.string(), &settings);
  loaded->problems =
      ApplySettings(settings, SettingScope::kProcess, &loaded->config);
  NotePlaces(settings, loaded);
}

}  // namespace

std::filesystem::path ConfigHome() {
  return BaseDirectory("XDG_CONFIG_HOME", ".config");
}

std::filesystem::path StateHome() {
  return BaseDirectory("XDG_STATE_HOME", ".local/state");
}

LoadedConfig LoadConfig(const std::filesystem::path& file) {
  LoadedConfig loaded;
  if (const auto home = StateHome(); !home.empty()) {
    loaded.config.model.state_dir = home / "states";
  }
  loaded.file = file;
  if (file.empty()) {
    const auto home = ConfigHome();
    std::error_code error;
    if (home.empty() || !std::filesystem::exists(home / "config.toml", error)) {
      return loaded;
    }
    loaded.file = home / "config.toml";
  }
  Read(loaded.file, &loaded);
  ResolvePaths(&loaded);
  return loaded;
}

}  // namespace krait::daemon
