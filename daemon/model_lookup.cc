// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_lookup.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

#include "daemon/models/file_names.h"
#include "daemon/models/model_source.h"
#include "daemon/models/stored_models.h"
#include "engine/model/gguf_split.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool IsDirectory(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool IsModel(const fs::path& path) {
  if (IsDirectory(path)) {
    return Exists(path / "config.json") || Exists(path / "params.json");
  }
  return models::IsGgufModelName(path.filename().string());
}

std::string ModelName(const fs::path& path) {
  const std::string name = path.filename().string();
  return IsDirectory(path) ? name : models::ModelStem(name);
}

std::vector<fs::path> ModelsIn(const fs::path& folder) {
  std::vector<fs::path> models;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (IsModel(it->path())) models.push_back(it->path());
  }
  std::ranges::sort(models);
  return models;
}

// The model that the folder's text file `default` names.
base::Result<std::optional<fs::path>> DefaultOf(const fs::path& folder) {
  const fs::path file = folder / "default";
  std::ifstream stream(file);
  std::string name;
  if (stream && std::getline(stream, name)) {
    name.erase(name.find_last_not_of(" \t\r") + 1);
    if (name.empty() || name.find('/') != std::string::npos) {
      return MakeError(
          ErrorCode::kBadFile,
          fmt::format("{}: expected one line with the name of a model beside "
                      "it, found \"{}\"",
                      file.string(), name));
    }
    if (Exists(folder / name)) return std::optional(folder / name);
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("{}: names {}, which does not exist",
                                 file.string(), (folder / name).string()));
  }
  const auto models = ModelsIn(folder);
  if (models.size() == 1) return std::optional(models.front());
  return std::optional<fs::path>();
}

std::string Joined(const std::vector<fs::path>& paths) {
  if (paths.empty()) return "no folder of models exists";
  std::string text;
  for (const fs::path& path : paths) {
    if (!text.empty()) text += ", ";
    text += path.string();
  }
  return text;
}

base::Result<fs::path> FindDefault(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    const auto found = DefaultOf(folder);
    if (!found) return found.error();
    if (*found) return **found;
  }
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("no default model found: give --model FILE, set KRAIT_MODEL, "
                  "or put a model into ~/.local/share/krait/models and its "
                  "file name into the file `default` there (looked in: {})",
                  Joined(folders)));
}

base::Result<fs::path> FindPath(std::string_view path,
                                const std::string& home) {
  fs::path found = path;
  if (path.starts_with("~/") && !home.empty()) {
    found = fs::path(home) / path.substr(2);
  }
  if (Exists(found)) return found;
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("{}: no such model file", found.string()));
}

base::Result<fs::path> FindNamed(const std::string& name,
                                 const std::vector<fs::path>& folders,
                                 const models::ModelStores& stores) {
  if (models::IsRemoteName(name)) return FindStoredByName(name, stores);
  for (const fs::path& folder : folders) {
    for (const fs::path& model : ModelsIn(folder)) {
      if (name == model.filename() || name == ModelName(model)) return model;
    }
  }
  auto stored = FindStoredByName(name, stores);
  if (stored || stored.error().message.starts_with("several")) return stored;
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("no model named \"{}\" in {} (`krait model list` shows what "
                  "there is; the path of a model has a /, such as ./{})",
                  name, Joined(folders), name));
}

base::Result<fs::path> FindGiven(const std::string& model,
                                 const std::vector<fs::path>& folders,
                                 const ModelEnvironment& env) {
  return IsModelPath(model) ? FindPath(model, env.home)
                            : FindNamed(model, folders, env.stores);
}

// Whether nobody can change what a folder holds but root, this user, and who
// can change the program itself and so do worse. Its group counts as others,
// unless it is the user's own, the program's, or root chose it.
bool IsTrusted(const fs::path& folder, const ModelEnvironment& env) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return false;
  struct stat program {};
  const bool has_program = stat(env.executable.c_str(), &program) == 0;
  const bool of_root = status.st_uid == 0;
  if (!of_root && status.st_uid != env.user &&
      !(has_program && status.st_uid == program.st_uid)) {
    return false;
  }
  if ((status.st_mode & S_IWGRP) != 0 && !of_root &&
      status.st_gid != getegid() &&
      !(has_program && status.st_gid == program.st_gid)) {
    return false;
  }
  return (status.st_mode & S_IWOTH) == 0;
}

bool IsWritableByAll(const fs::path& folder) {
  struct stat status {};
  return stat(folder.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0;
}

// The models of an installation; empty if there are none. Whoever installed it
// is the owner of the program, too, so that only what all can write is worse.
fs::path InstalledModels(const fs::path& prefix) {
  fs::path folder = prefix;
  if (IsWritableByAll(folder)) return {};
  for (const char* name : {"share", "krait", "models"}) {
    folder /= name;
    if (IsWritableByAll(folder)) return {};
  }
  return folder;
}

// The models of the source tree that the program was built in.
fs::path ModelsOfTree(const ModelEnvironment& env) {
  for (fs::path dir = env.executable.parent_path();
       dir.has_relative_path() && IsTrusted(dir, env);
       dir = dir.parent_path()) {
    // A marker tells krait's own models/ from a folder that happens to have
    // this name.
    fs::path models = dir / "models";
    if (!Exists(models / "default")) continue;
    return IsTrusted(models, env) ? models : fs::path();
  }
  return {};
}

}  // namespace

ModelEnvironment ModelEnvironment::OfProcess() {
  std::error_code error;
  return {.executable = fs::read_symlink("/proc/self/exe", error),
          .krait_model = FromEnvironment("KRAIT_MODEL"),
          .xdg_data_home = FromEnvironment("XDG_DATA_HOME"),
          .home = FromEnvironment("HOME"),
          .user = geteuid(),
          .stores = models::FindStores(models::VariableOfProcess)};
}

std::vector<fs::path> ModelFolders(const ModelEnvironment& env) {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& folder) {
    if (IsDirectory(folder) &&
        std::ranges::find(folders, folder) == folders.end()) {
      folders.push_back(folder);
    }
  };
  const fs::path bin = env.executable.parent_path();
  if (!bin.empty()) {
    add(InstalledModels(bin.parent_path()));
    add(ModelsOfTree(env));
  }
  if (!env.xdg_data_home.empty()) {
    add(fs::path(env.xdg_data_home) / "krait/models");
  } else if (!env.home.empty()) {
    add(fs::path(env.home) / ".local/share/krait/models");
  }
  return folders;
}

base::Result<fs::path> FindModel(std::string_view model,
                                 const ModelEnvironment& env) {
  const auto folders = ModelFolders(env);
  if (!model.empty()) return FindGiven(std::string(model), folders, env);
  if (!env.krait_model.empty()) {
    auto found = FindGiven(env.krait_model, folders, env);
    if (!found) {
      return MakeError(found.error().code,
                       "KRAIT_MODEL: " + found.error().message);
    }
    return found;
  }
  return FindDefault(folders);
}

base::Result<std::string> FindModelPath(std::string_view model,
                                        const ModelEnvironment& env) {
  const auto found = FindModel(model, env);
  if (!found) return found.error();
  std::error_code error;
  const fs::path canonical = fs::canonical(*found, error);
  return error ? found->string() : canonical.string();
}

bool IsModelPath(std::string_view model) {
  if (models::IsRemoteName(model)) return false;
  return model.find('/') != std::string_view::npos || model.starts_with('~');
}

std::vector<FoundModel> ListModels(std::string_view model,
                                   const ModelEnvironment& env) {
  std::vector<FoundModel> found;
  const auto default_model = FindModel(model, env);
  const auto add = [&](std::string name, const fs::path& path,
                       std::string store) {
    found.push_back({.name = std::move(name),
                     .path = path,
                     .store = std::move(store),
                     .is_default = default_model && *default_model == path});
  };
  for (const fs::path& folder : ModelFolders(env)) {
    for (const fs::path& path : ModelsIn(folder)) {
      add(ModelName(path), path, "krait");
    }
  }
  for (const auto& [name, path, store] : models::FindStoredModels(env.stores)) {
    const auto same = [&path = path](const FoundModel& other) {
      std::error_code error;
      return fs::equivalent(other.path, path, error);
    };
    if (std::ranges::none_of(found, same)) add(name, path, store);
  }
  return found;
}

uintmax_t ModelBytes(const fs::path& path) {
  std::error_code error;
  uintmax_t sum = 0;
  if (!IsDirectory(path)) {
    for (const fs::path& part : engine::SplitParts(path)) {
      const uintmax_t bytes = fs::file_size(part, error);
      if (!error) sum += bytes;
    }
    if (sum > 0) return sum;
    const uintmax_t bytes = fs::file_size(path, error);
    return error ? 0 : bytes;
  }
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code not_a_file;
    const uintmax_t bytes = it->file_size(not_a_file);
    if (!not_a_file) sum += bytes;
  }
  return sum;
}

}  // namespace krait::daemon
