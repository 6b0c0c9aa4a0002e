// SPDX-License-Identifier: Apache-2.0
#include "daemon/model_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <system_error>

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using engine::ErrorCode;
using engine::MakeError;

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
  return path.extension() == ".gguf";
}

std::string ModelName(const fs::path& path) {
  return IsDirectory(path) ? path.filename().string() : path.stem().string();
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
engine::Result<std::optional<fs::path>> DefaultOf(const fs::path& folder) {
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

engine::Result<fs::path> FindDefault(const std::vector<fs::path>& folders) {
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

engine::Result<fs::path> FindNamed(const std::string& name,
                                   const std::vector<fs::path>& folders) {
  if (Exists(name)) return fs::path(name);
  const bool is_name = name.find('/') == std::string::npos;
  if (is_name) {
    for (const fs::path& folder : folders) {
      for (const fs::path& model : ModelsIn(folder)) {
        if (name == model.filename() || name == ModelName(model)) return model;
      }
    }
  }
  if (!is_name || name.ends_with(".gguf")) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("{}: no such model file", name));
  }
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("no model named \"{}\": neither a file nor a directory nor "
                  "in {} (`krait model list` shows what there is)",
                  name, Joined(folders)));
}

}  // namespace

ModelEnvironment ModelEnvironment::OfProcess() {
  std::error_code error;
  return {.executable = fs::read_symlink("/proc/self/exe", error),
          .krait_model = FromEnvironment("KRAIT_MODEL"),
          .xdg_data_home = FromEnvironment("XDG_DATA_HOME"),
          .home = FromEnvironment("HOME")};
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
  if (!bin.empty()) add(bin.parent_path() / "share/krait/models");
  for (fs::path dir = bin; dir.has_relative_path(); dir = dir.parent_path()) {
    // A marker tells krait's own models/ from a folder that happens to have
    // this name.
    if (Exists(dir / "models/default")) {
      add(dir / "models");
      break;
    }
  }
  if (!env.xdg_data_home.empty()) {
    add(fs::path(env.xdg_data_home) / "krait/models");
  } else if (!env.home.empty()) {
    add(fs::path(env.home) / ".local/share/krait/models");
  }
  return folders;
}

engine::Result<fs::path> FindModel(std::string_view model,
                                   const ModelEnvironment& env) {
  const auto folders = ModelFolders(env);
  if (!model.empty()) return FindNamed(std::string(model), folders);
  if (!env.krait_model.empty()) {
    auto found = FindNamed(env.krait_model, folders);
    if (!found) {
      return MakeError(found.error().code,
                       "KRAIT_MODEL: " + found.error().message);
    }
    return found;
  }
  return FindDefault(folders);
}

engine::Result<std::string> FindModelPath(std::string_view model,
                                          const ModelEnvironment& env) {
  const auto found = FindModel(model, env);
  if (!found) return found.error();
  std::error_code error;
  const fs::path canonical = fs::canonical(*found, error);
  return error ? found->string() : canonical.string();
}

std::vector<FoundModel> ListModels(const ModelEnvironment& env) {
  std::vector<FoundModel> models;
  const auto default_model = FindModel("", env);
  for (const fs::path& folder : ModelFolders(env)) {
    for (const fs::path& path : ModelsIn(folder)) {
      models.push_back({.name = ModelName(path),
                        .path = path,
                        .is_default = default_model && *default_model == path});
    }
  }
  return models;
}

uintmax_t ModelBytes(const fs::path& path) {
  std::error_code error;
  if (!IsDirectory(path)) {
    const uintmax_t bytes = fs::file_size(path, error);
    return error ? 0 : bytes;
  }
  uintmax_t sum = 0;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code not_a_file;
    const uintmax_t bytes = it->file_size(not_a_file);
    if (!not_a_file) sum += bytes;
  }
  return sum;
}

}  // namespace krait::daemon
