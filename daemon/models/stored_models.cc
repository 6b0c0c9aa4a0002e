// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/stored_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "daemon/models/file_names.h"
#include "daemon/models/hub_cache.h"
#include "daemon/models/pick_files.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;

bool IsFileOf(const fs::path& path, uint64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(path, error) &&
         fs::file_size(path, error) == bytes && !error;
}

std::string ReadSmall(const fs::path& path) {
  constexpr std::streamsize kMost = 1 << 20;
  std::ifstream stream(path, std::ios::binary);
  std::string text(kMost, '\0');
  stream.read(text.data(), kMost);
  text.resize(
      static_cast<size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return text;
}

// A list to which each file comes once, whatever the names.
class Collector {
 public:
  void Add(StoredModel model) {
    std::error_code error;
    const fs::path real = fs::canonical(model.path, error);
    if (error || std::ranges::find(seen_, real) != seen_.end()) return;
    seen_.push_back(real);
    models_.push_back(std::move(model));
  }
  std::vector<StoredModel> Take() { return std::move(models_); }

 private:
  std::vector<StoredModel> models_;
  std::vector<fs::path> seen_;
};

std::string StemOf(std::string_view path) {
  return ModelStem(path.substr(path.rfind('/') + 1));
}

void AddSnapshot(const std::string& repo, const fs::path& folder,
                 const char* store, Collector* models) {
  const auto files = FilesBelow(folder);
  for (const HubFile& file : files) {
    if (!IsGgufModelName(file.path)) continue;
    models->Add({StemOf(file.path), folder / file.path, store});
  }
  // A folder is a model if it holds one and no GGUF files.
  const auto picked = PickFiles(files, {.repo = repo, .quant = {}, .file = {}});
  if (picked && picked->opened_by.empty()) {
    models->Add({repo.substr(repo.find('/') + 1), folder, store});
  }
}

void AddHub(const fs::path& root, const char* store, Collector* models) {
  if (root.empty()) return;
  for (const auto& [repo, folders] : HubCache(root).Repositories()) {
    for (const fs::path& folder : folders) {
      AddSnapshot(repo, folder, store, models);
    }
  }
}

// Files below a folder, whatever the folders' names.
void AddFiles(const fs::path& root, const char* store, Collector* models) {
  if (root.empty()) return;
  for (const HubFile& file : FilesBelow(root)) {
    if (!IsGgufModelName(file.path)) continue;
    models->Add({StemOf(file.path), root / file.path, store});
  }
}

std::optional<fs::path> ModelOfManifest(const fs::path& manifest,
                                        const fs::path& root) {
  const auto model = ParseOllamaManifest(ReadSmall(manifest));
  if (!model) return std::nullopt;
  const fs::path blob = root / "blobs" / ("sha256-" + model->sha256);
  return IsFileOf(blob, model->bytes) ? std::optional(blob) : std::nullopt;
}

// "registry.ollama.ai/library/llama3/8b" is "llama3:8b".
std::string OllamaName(std::string path) {
  constexpr std::string_view kUsual = "registry.ollama.ai/";
  constexpr std::string_view kLibrary = "library/";
  if (path.starts_with(kUsual)) path.erase(0, kUsual.size());
  if (path.starts_with(kLibrary)) path.erase(0, kLibrary.size());
  const size_t slash = path.rfind('/');
  if (slash != std::string::npos) path[slash] = ':';
  return path;
}

void AddOllama(const fs::path& root, Collector* models) {
  if (root.empty()) return;
  const fs::path manifests = root / "manifests";
  for (const HubFile& file : FilesBelow(manifests)) {
    const auto blob = ModelOfManifest(manifests / file.path, root);
    if (blob) models->Add({OllamaName(file.path), *blob, "ollama"});
  }
}

base::Error NotStored(std::string_view name) {
  return base::MakeError(
      base::ErrorCode::kNotFound,
      fmt::format("{}: not on this machine (`krait model get {}` fetches it)",
                  name, name));
}

}  // namespace

std::vector<StoredModel> FindStoredModels(const ModelStores& stores) {
  Collector models;
  AddHub(stores.hub, "hub", &models);
  AddHub(stores.llama_cpp, "llama.cpp", &models);
  AddFiles(stores.llama_cpp, "llama.cpp", &models);
  for (const fs::path& root : stores.ollama) AddOllama(root, &models);
  for (const fs::path& root : stores.lm_studio) {
    AddFiles(root, "LM Studio", &models);
  }
  return models.Take();
}

std::optional<fs::path> FindStored(const HubSource& source,
                                   const ModelStores& stores) {
  for (const fs::path& root : {stores.hub, stores.llama_cpp}) {
    if (root.empty()) continue;
    const HubCache cache(root);
    const std::string commit = cache.ReadRef(source.repo, source.revision);
    if (commit.empty()) continue;
    const auto picked = PickFiles(cache.Files(source.repo, commit), source);
    if (!picked) continue;
    const fs::path folder = cache.Snapshot(source.repo, commit);
    return picked->opened_by.empty() ? folder : folder / picked->opened_by;
  }
  return std::nullopt;
}

std::optional<fs::path> FindStored(const OllamaSource& source,
                                   const ModelStores& stores) {
  for (const fs::path& root : stores.ollama) {
    auto blob = ModelOfManifest(
        root / "manifests" / source.host / source.name / source.tag, root);
    if (blob) return blob;
  }
  return std::nullopt;
}

base::Result<fs::path> FindStoredByName(std::string_view name,
                                        const ModelStores& stores) {
  if (IsRemoteName(name)) {
    const auto source = ParseModelSource(name, {});
    if (!source) return source.error();
    std::optional<fs::path> path;
    if (const auto* hub = std::get_if<HubSource>(&*source)) {
      path = FindStored(*hub, stores);
    } else if (const auto* ollama = std::get_if<OllamaSource>(&*source)) {
      path = FindStored(*ollama, stores);
    }
    if (path) return *path;
    return NotStored(name);
  }
  std::vector<fs::path> found;
  for (StoredModel& model : FindStoredModels(stores)) {
    if (model.name == name) found.push_back(std::move(model.path));
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) return NotStored(name);
  std::string list;
  for (const fs::path& path : found) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", path.string());
  }
  return base::MakeError(
      base::ErrorCode::kNotFound,
      fmt::format("several models are called {}: give the path ({})", name,
                  list));
}

std::vector<fs::path> OtherCopies(std::string_view repo, const HubFile& file,
                                  const ModelStores& stores) {
  std::vector<fs::path> candidates;
  if (file.content.kind == ContentName::Kind::kSha256) {
    for (const fs::path& root : stores.ollama) {
      candidates.push_back(root / "blobs" / ("sha256-" + file.content.hex));
    }
  }
  for (const fs::path& root : stores.lm_studio) {
    candidates.push_back(root / repo / file.path);
  }
  if (!stores.llama_cpp.empty()) {
    const HubCache cache(stores.llama_cpp);
    candidates.push_back(cache.Blob(repo, file.etag()));
    std::string flat = fmt::format("{}_{}", repo, file.path);
    std::ranges::replace(flat, '/', '_');
    candidates.push_back(stores.llama_cpp / flat);
  }
  std::erase_if(candidates, [&](const fs::path& path) {
    return !IsFileOf(path, file.bytes);
  });
  return candidates;
}

}  // namespace krait::models
