// SPDX-License-Identifier: Apache-2.0
#include "lsp/uri.h"

#include <algorithm>
#include <charconv>

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

std::optional<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (error != std::errc() || digits.size() != 2 ||
        end != digits.data() + 2) {
      return std::nullopt;
    }
    decoded += static_cast<char>(code);
    i += 2;
  }
  if (decoded.find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

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
