// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_split.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace krait::engine {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view kExtension = ".gguf";
constexpr std::string_view kOf = "-of-";
constexpr size_t kDigits = 5;
// "-00001-of-00003.gguf"
constexpr size_t kEndBytes =
    1 + kDigits + kOf.size() + kDigits + kExtension.size();

std::optional<size_t> ParseDigits(std::string_view digits) {
  size_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// What the end of a part's name says.
struct PartName {
  std::string base;   // "NAME"
  size_t number = 0;  // from 1
  size_t count = 0;
};

std::optional<PartName> ParsePartName(std::string_view name) {
  if (!name.ends_with(kExtension) || name.size() <= kEndBytes) return {};
  std::string_view end = name.substr(name.size() - kEndBytes);
  if (end[0] != '-' || end.substr(1 + kDigits, kOf.size()) != kOf) return {};
  const auto number = ParseDigits(end.substr(1, kDigits));
  const auto count = ParseDigits(end.substr(1 + kDigits + kOf.size(), kDigits));
  if (!number || !count || *number < 1 || *number > *count) return {};
  return PartName{std::string(name.substr(0, name.size() - kEndBytes)), *number,
                  *count};
}

Error Missing(const Path& named, const std::vector<Path>& missing) {
  std::string names;
  for (const Path& path : missing) {
    names += names.empty() ? "" : ", ";
    names += path.filename().string();
  }
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("{}: parts of the model are missing beside it: {}",
                  named.string(), names));
}

// The tensors that the first part promises for all.
Status CheckTensorCount(const GgufParts& parts) {
  auto promised = parts.front()->FindUint("split.tensors.count");
  if (!promised) return promised.error();
  size_t found = 0;
  for (const auto& part : parts) found += part->tensors().size();
  if (!*promised || **promised == found) return {};
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: key 'split.tensors.count': expected the {} "
                  "tensors of its {} parts, found {}",
                  parts.front()->name(), found, parts.size(), **promised));
}

Result<GgufParts> OpenAll(const Path& named, const std::vector<Path>& paths) {
  std::vector<Path> missing;
  GgufParts parts;
  for (const Path& path : paths) {
    std::error_code ignored;  // what cannot be looked at cannot be opened
    if (!std::filesystem::exists(path, ignored)) missing.push_back(path);
  }
  if (!missing.empty()) return Missing(named, missing);
  for (const Path& path : paths) {
    Result<std::unique_ptr<GgufFile>> part = GgufFile::Open(path);
    if (!part) return part.error();
    Status status = CheckPart(**part, parts.size(), paths.size());
    if (!status) return status.error();
    parts.push_back(std::move(*part));
  }
  if (Status status = CheckTensorCount(parts); !status) return status.error();
  return parts;
}

}  // namespace

std::vector<Path> SplitParts(const Path& path) {
  const auto name = ParsePartName(path.filename().string());
  if (!name || name->count < 2 || name->count > kMaxSplitParts) return {};
  std::vector<Path> parts;
  for (size_t number = 1; number <= name->count; ++number) {
    parts.push_back(path.parent_path() / fmt::format("{}-{:05}{}{:05}{}",
                                                     name->base, number, kOf,
                                                     name->count, kExtension));
  }
  return parts;
}

Path MetadataFile(const Path& path) {
  std::vector<Path> parts = SplitParts(path);
  return parts.empty() ? path : std::move(parts.front());
}

Result<size_t> PartCount(const GgufFile& gguf) {
  auto count = gguf.FindUint("split.count");
  if (!count) return count.error();
  const uint64_t parts = count->value_or(1);
  if (parts <= kMaxSplitParts) {
    return std::max<size_t>(1, static_cast<size_t>(parts));
  }
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: key 'split.count': expected at most {} "
                               "parts, found {}",
                               gguf.name(), kMaxSplitParts, parts));
}

Status CheckPart(const GgufFile& part, size_t index, size_t count) {
  auto number = part.FindUint("split.no");
  if (!number) return number.error();
  Result<size_t> of = PartCount(part);
  if (!of) return of.error();
  if (*number && **number == index && *of == count) return {};
  return MakeError(
      ErrorCode::kBadFile,
      fmt::format("{}: expected part {} of {} (keys 'split.no' {} and "
                  "'split.count' {}), found {} and {}",
                  part.name(), index + 1, count, index, count,
                  *number ? std::to_string(**number) : "nothing", *of));
}

Result<GgufParts> OpenGgufParts(const Path& path) {
  Result<std::unique_ptr<GgufFile>> gguf = GgufFile::Open(path);
  if (!gguf) return gguf.error();
  Result<size_t> count = PartCount(**gguf);
  if (!count) return count.error();
  if (*count == 1) {
    GgufParts parts;
    parts.push_back(std::move(*gguf));
    return parts;
  }
  const std::vector<Path> paths = SplitParts(path);
  if (paths.size() == *count) return OpenAll(path, paths);
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: it is one of {} parts of a model: expected a name that "
                  "ends with \"-00001-of-{:05}.gguf\", as its parts have",
                  path.string(), *count, *count));
}

}  // namespace krait::engine
