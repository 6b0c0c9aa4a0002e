// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/pick_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/models/file_names.h"

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

// What else a folder of safetensors needs, for the models that krait runs.
constexpr std::array<std::string_view, 14> kBesideWeights = {
    "config.json",
    "generation_config.json",
    "params.json",
    "model.safetensors.index.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer.model.v3",
    "tekken.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja"};

base::Error NothingFits(const HubSource& source, std::string_view why,
                        const std::vector<const HubFile*>& there_is) {
  constexpr size_t kShown = 20;
  std::string list;
  for (size_t i = 0; i < std::min(there_is.size(), kShown); ++i) {
    list += fmt::format("{}{}", i == 0 ? "" : ", ", there_is[i]->path);
  }
  if (there_is.size() > kShown) list += ", ...";
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("hf:{}: {}{}{}", source.repo, why,
                               list.empty() ? "" : "; there is: ", list));
}

std::vector<const HubFile*> GgufModels(const std::vector<HubFile>& files) {
  std::vector<const HubFile*> models;
  for (const HubFile& file : files) {
    if (IsGgufModelName(file.path)) models.push_back(&file);
  }
  return models;
}

std::vector<const HubFile*> WithTag(const std::vector<const HubFile*>& models,
                                    std::string_view tag) {
  std::vector<const HubFile*> tagged;
  for (const HubFile* model : models) {
    if (HasTag(model->path, tag)) tagged.push_back(model);
  }
  return tagged;
}

const HubFile* FindFile(const std::vector<HubFile>& files,
                        std::string_view path) {
  const auto found = std::ranges::find(files, path, &HubFile::path);
  return found == files.end() ? nullptr : &*found;
}

void SmallFirst(PickedFiles* picked) {
  std::ranges::stable_sort(picked->files, {}, &HubFile::bytes);
}

// The file, or all parts if it is one of several.
base::Result<PickedFiles> WithParts(const std::vector<HubFile>& files,
                                    const HubFile& file,
                                    const HubSource& source) {
  PickedFiles picked{.files = {file}, .opened_by = file.path};
  const auto split = ParseSplitName(file.path);
  if (!split) return picked;
  picked.files.clear();
  for (size_t part = 1; part <= split->parts; ++part) {
    const std::string name =
        fmt::format("{}-{:05}-of-{:05}.gguf", split->base, part, split->parts);
    const HubFile* found = FindFile(files, name);
    if (found == nullptr) {
      return NothingFits(source, fmt::format("{} is missing", name), {});
    }
    if (part == 1) picked.opened_by = name;
    picked.files.push_back(*found);
  }
  return picked;
}

// Whether none of the parts that a file's name tells of is missing.
bool HasAllParts(const std::vector<HubFile>& weights) {
  return std::ranges::all_of(weights, [&](const HubFile& file) {
    const auto split = ParseSplitName(file.path);
    return !split || static_cast<size_t>(std::ranges::count_if(
                         weights, [&](const HubFile& other) {
                           const auto part = ParseSplitName(other.path);
                           return part && part->base == split->base;
                         })) == split->parts;
  });
}

// Weights of one of the two layouts, if a repository has both.
std::vector<HubFile> SafetensorsOf(const std::vector<HubFile>& files) {
  std::vector<HubFile> model;
  std::vector<HubFile> consolidated;
  for (const HubFile& file : files) {
    if (!file.path.ends_with(".safetensors") ||
        file.path.find('/') != std::string::npos) {
      continue;
    }
    if (file.path.starts_with("model")) model.push_back(file);
    if (file.path.starts_with("consolidated")) consolidated.push_back(file);
  }
  const bool has_config = FindFile(files, "config.json") != nullptr;
  if (has_config && !model.empty()) return model;
  const bool has_params = FindFile(files, "params.json") != nullptr;
  return has_params ? consolidated : std::vector<HubFile>();
}

base::Result<PickedFiles> PickFolder(const std::vector<HubFile>& files,
                                     const HubSource& source) {
  PickedFiles picked{.files = SafetensorsOf(files), .opened_by = {}};
  if (picked.files.empty()) {
    return NothingFits(source,
                       "no model in GGUF, and no safetensors with a "
                       "config.json or params.json",
                       {});
  }
  if (!HasAllParts(picked.files)) {
    return NothingFits(source, "a part of the safetensors is missing", {});
  }
  for (const std::string_view name : kBesideWeights) {
    if (const HubFile* file = FindFile(files, name)) {
      picked.files.push_back(*file);
    }
  }
  SmallFirst(&picked);
  return picked;
}

base::Result<PickedFiles> PickNamed(const std::vector<HubFile>& files,
                                    const HubSource& source) {
  const HubFile* file = FindFile(files, source.file);
  if (file == nullptr) {
    return NothingFits(source, fmt::format("it has no file {}", source.file),
                       GgufModels(files));
  }
  if (source.file.ends_with(".gguf")) return WithParts(files, *file, source);
  if (source.file.find('/') == std::string::npos &&
      (source.file.ends_with(".safetensors") || source.file == "config.json")) {
    return PickFolder(files, source);
  }
  return NothingFits(
      source, fmt::format("{} is no .gguf or .safetensors file", source.file),
      GgufModels(files));
}

base::Result<PickedFiles> PickByQuant(const std::vector<HubFile>& files,
                                      const HubSource& source) {
  const auto models = GgufModels(files);
  const auto tagged = WithTag(models, source.quant);
  if (tagged.size() == 1) return WithParts(files, *tagged.front(), source);
  return NothingFits(
      source,
      tagged.empty()
          ? fmt::format("no GGUF file for \"{}\"", source.quant)
          : fmt::format("several files for \"{}\": name one", source.quant),
      tagged.empty() ? models : tagged);
}

}  // namespace

uint64_t PickedFiles::Bytes() const {
  uint64_t bytes = 0;
  for (const HubFile& file : files) bytes += file.bytes;
  return bytes;
}

base::Result<PickedFiles> PickFiles(const std::vector<HubFile>& files,
                                    const HubSource& source) {
  if (!source.file.empty()) return PickNamed(files, source);
  if (!source.quant.empty()) return PickByQuant(files, source);
  const auto models = GgufModels(files);
  if (models.empty()) return PickFolder(files, source);
  for (const char* usual : {"Q4_K_M", "Q8_0"}) {
    const auto tagged = WithTag(models, usual);
    if (tagged.size() == 1) return WithParts(files, *tagged.front(), source);
  }
  if (models.size() == 1) return WithParts(files, *models.front(), source);
  return NothingFits(source,
                     "several models: name a quantisation behind a colon, or "
                     "a file",
                     models);
}

}  // namespace krait::models
