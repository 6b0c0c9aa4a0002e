// SPDX-License-Identifier: Apache-2.0
#include "lsp/uri.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <unordered_set>
#include <utility>

namespace krait::lsp {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether `text` begins with `prefix`, which is in lower case.
bool StartsWithNoCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return a == Lower(b); });
}

// Reads the percent code at the begin of `text`; nullopt if it is none.
std::optional<char> PercentCode(std::string_view text) {
  const std::string_view digits = text.substr(1, 2);
  unsigned code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) {
    return std::nullopt;
  }
  return static_cast<char>(code);
}

// Decodes what can be decoded; `broken` says whether something could not.
std::string DecodeWhatCan(std::string_view text, bool* broken) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto code =
        text[i] == '%' ? PercentCode(text.substr(i)) : std::optional<char>();
    decoded += code.value_or(text[i]);
    if (code) {
      i += 2;
    } else if (text[i] == '%') {
      *broken = true;
    }
  }
  return decoded;
}

std::optional<std::string> DecodePercent(std::string_view text) {
  bool broken = false;
  std::string decoded = DecodeWhatCan(text, &broken);
  if (broken || decoded.find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

std::string_view WithoutScheme(std::string_view uri) {
  const size_t colon = uri.find_first_of(":/?#");
  if (colon == std::string_view::npos || uri[colon] != ':') return uri;
  return uri.substr(colon + 1);
}

// Of the path names that a URI may have; each once.
class Names {
 public:
  // With slashes for backslashes, and normal.
  void Add(std::string_view name) {
    std::string text(name);
    AddOne(text);
    std::replace(text.begin(), text.end(), '\\', '/');
    AddOne(text);
    std::string normal =
        std::filesystem::path(text).lexically_normal().generic_string();
    // "//host/a" is "/host/a": a path of no known system.
    while (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
    AddOne(std::move(normal));
  }
  // The parts between characters that no one puts into a path's middle.
  void AddPieces(std::string_view text) {
    const auto separates = [](char c) {
      constexpr std::string_view kSeparators = "?#&=\"'`:;!,|<>{}[]()*";
      return (c >= 0 && c < ' ') || c == '\x7f' ||
             kSeparators.find(c) != std::string_view::npos;
    };
    while (!text.empty()) {
      const auto end = std::find_if(text.begin(), text.end(), separates);
      const auto size = static_cast<size_t>(end - text.begin());
      if (size > 0) Add(text.substr(0, size));
      text.remove_prefix(std::min(size + 1, text.size()));
    }
  }
  std::vector<std::string> Take() { return std::move(names_); }

 private:
  void AddOne(std::string name) {
    if (name.empty() || name == ".") return;
    if (seen_.insert(name).second) names_.push_back(std::move(name));
  }

  std::vector<std::string> names_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::optional<std::string> UriToPath(std::string_view uri) {
  if (!StartsWithNoCase(uri, "file:")) return std::nullopt;
  uri.remove_prefix(5);
  uri = uri.substr(0, uri.find_first_of("?#"));
  if (uri.starts_with("//")) {  // file://host/path, the host mostly empty
    uri.remove_prefix(2);
    const std::string_view host = uri.substr(0, uri.find('/'));
    if (!host.empty() && host != "localhost") return std::nullopt;
    uri.remove_prefix(host.size());
  }
  if (!uri.starts_with('/')) return std::nullopt;
  return DecodePercent(uri);
}

std::string PathOfUri(std::string_view uri) {
  if (uri.size() > kMaxUriBytes) return {};
  uri = WithoutScheme(uri);
  bool broken = false;
  std::string path =
      DecodeWhatCan(uri.substr(0, uri.find_first_of("?#")), &broken);
  std::erase(path, '\0');
  return path;
}

std::vector<std::string> PathsInUri(std::string_view uri) {
  constexpr int kMostDecodings = 3;
  Names names;
  if (uri.size() > kMaxUriBytes) return {};
  std::string text(WithoutScheme(uri));
  std::string path = text.substr(0, text.find_first_of("?#"));
  for (int i = 0; i <= kMostDecodings; ++i) {
    names.Add(path);
    names.AddPieces(text);
    bool broken = false;
    std::string decoded = DecodeWhatCan(text, &broken);
    path = DecodeWhatCan(path, &broken);
    if (decoded == text) break;
    text = std::move(decoded);
  }
  return names.Take();
}

std::string PathToUri(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri = "file://";
  for (const char c : path) {
    const char lower = Lower(c);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
        kPlain.find(c) != std::string_view::npos) {
      uri += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    uri += '%';
    uri += kHex[byte >> 4U];
    uri += kHex[byte & 15U];
  }
  return uri;
}

}  // namespace krait::lsp
