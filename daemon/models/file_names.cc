// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/file_names.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace krait::models {
namespace {

constexpr size_t kMaxPart = 255;   // bytes; most file systems' limit
constexpr size_t kMaxPath = 1024;  // bytes
constexpr std::string_view kGguf = ".gguf";
constexpr std::string_view kSafetensors = ".safetensors";

bool IsSafePart(std::string_view part) {
  return !part.empty() && part.size() <= kMaxPart && part != "." &&
         part != ".." && !part.starts_with('-') &&
         std::ranges::none_of(part, [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == '\x7f' ||
                  c == '\\';
         });
}

std::optional<size_t> FiveDigits(std::string_view text) {
  size_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (text.size() != 5 || error != std::errc() || stopped != end) {
    return std::nullopt;
  }
  return number;
}

bool IsTagBoundary(std::string_view name, size_t at) {
  constexpr std::string_view kBetween = ".-_/";
  return kBetween.find(name[at]) != std::string_view::npos;
}

}  // namespace

bool IsSafePath(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath) return false;
  while (true) {
    const size_t slash = path.find('/');
    if (!IsSafePart(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::optional<SplitName> ParseSplitName(std::string_view path) {
  constexpr size_t kTail = std::string_view("-00001-of-00002").size();
  if (!path.ends_with(kGguf) && !path.ends_with(kSafetensors)) {
    return std::nullopt;
  }
  path = path.substr(0, path.rfind('.'));
  if (path.size() <= kTail) return std::nullopt;
  const std::string_view tail = path.substr(path.size() - kTail);
  if (tail[0] != '-' || tail.substr(6, 4) != "-of-") return std::nullopt;
  const auto part = FiveDigits(tail.substr(1, 5));
  const auto parts = FiveDigits(tail.substr(10, 5));
  if (!part || !parts || *part < 1 || *part > *parts) return std::nullopt;
  return SplitName{.base = std::string(path.substr(0, path.size() - kTail)),
                   .part = *part,
                   .parts = *parts};
}

std::string ModelStem(std::string_view path) {
  if (const auto split = ParseSplitName(path)) return split->base;
  if (path.ends_with(kGguf)) path.remove_suffix(kGguf.size());
  return std::string(path);
}

bool IsGgufModelName(std::string_view path) {
  if (!path.ends_with(kGguf)) return false;
  const auto split = ParseSplitName(path);
  if (split && split->part != 1) return false;
  const std::string name = LowerCased(path.substr(path.rfind('/') + 1));
  constexpr std::array<std::string_view, 5> kCompanions = {
      "mmproj", "imatrix", "mtp-", "eagle3-", "dflash-"};
  return std::ranges::none_of(kCompanions, [&](std::string_view companion) {
    return companion.ends_with('-') ? name.starts_with(companion)
                                    : name.find(companion) != name.npos;
  });
}

bool HasTag(std::string_view name, std::string_view tag) {
  if (tag.empty()) return false;
  const std::string where = LowerCased(name);
  const std::string what = LowerCased(tag);
  for (size_t at = where.find(what); at != where.npos;
       at = where.find(what, at + 1)) {
    const size_t end = at + what.size();
    if ((at == 0 || IsTagBoundary(where, at - 1)) &&
        (end == where.size() ||
         (where[end] != '_' && IsTagBoundary(where, end)))) {
      return true;
    }
  }
  return false;
}

std::string LowerCased(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace krait::models
