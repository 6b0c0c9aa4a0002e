// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "engine/file/json_file.h"
#include "engine/file/mapped_file.h"
#include "engine/file/printable.h"

namespace krait::engine {
namespace {

bool IsShardName(std::string_view name) {
  constexpr std::string_view kExtension = ".safetensors";
  return name.size() > kExtension.size() && name.ends_with(kExtension) &&
         name.size() <= 255 && name.find("..") == std::string_view::npos &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || c == '\\' || c == ':' ||
                  static_cast<unsigned char>(c) < 0x20;
         });
}

}  // namespace

Result<HfWeights> OpenWeightsFile(const std::filesystem::path& path) {
  Result<std::unique_ptr<SafetensorsFile>> file = SafetensorsFile::Open(path);
  if (!file) return file.error();
  HfWeights weights;
  for (const SafetensorsEntry& entry : (*file)->entries()) {
    weights.entries.push_back(&entry);
  }
  weights.files.push_back(std::move(*file));
  return weights;
}

Result<std::vector<std::pair<std::string, std::string>>> ParseWeightsIndex(
    std::string_view json, const std::string& name) {
  Result<std::unique_ptr<JsonFile>> file =
      JsonFile::Parse(json, name, JsonDialect::kStrict);
  if (!file) return file.error();
  Result<JsonFields> map = (*file)->root().RequireObject("weight_map");
  if (!map) return map.error();
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const simdjson::dom::key_value_pair field : map->object()) {
    std::string_view shard;
    if (field.value.get(shard) != simdjson::SUCCESS || !IsShardName(shard)) {
      return map->Mismatch(
          field.key, "the name of a .safetensors file in the same directory");
    }
    pairs.emplace_back(field.key, shard);
  }
  return pairs;
}

Result<HfWeights> OpenWeightsIndex(const std::filesystem::path& path) {
  Result<MappedFile> text = MappedFile::Open(path);
  if (!text) return text.error();
  auto pairs = ParseWeightsIndex(text->bytes(), path.string());
  if (!pairs) return pairs.error();
  HfWeights weights;
  std::map<std::string, const SafetensorsFile*, std::less<>> opened;
  for (const auto& [tensor, shard] : *pairs) {
    auto it = opened.find(shard);
    if (it == opened.end()) {
      Result<std::unique_ptr<SafetensorsFile>> file =
          SafetensorsFile::Open(path.parent_path() / shard);
      if (!file) return file.error();
      it = opened.emplace(shard, file->get()).first;
      weights.files.push_back(std::move(*file));
    }
    const SafetensorsEntry* entry = it->second->Find(tensor);
    if (entry == nullptr) {
      return MakeError(
          ErrorCode::kBadFile,
          fmt::format("{}: tensor '{}' is missing, though the index says that "
                      "it is here",
                      it->second->name(), Printable(tensor)));
    }
    weights.entries.push_back(entry);
  }
  return weights;
}

}  // namespace krait::engine
