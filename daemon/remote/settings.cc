// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace krait::remote {
namespace {

constexpr std::string_view kVersion = "/v1";

bool HasOnce(std::string_view text, std::string_view part) {
  const size_t at = text.find(part);
  return at != text.npos && text.find(part, at + 1) == text.npos;
}

}  // namespace

base::Result<models::Url> BaseOf(std::string_view text) {
  auto url = models::ParseUrl(text);
  if (!url) return url.error();
  std::string& target = url->target;
  if (target.find_first_of("?#") != target.npos) {
    return base::MakeError(
        base::ErrorCode::kInvalidArgument,
        fmt::format("{}: expected no query", url->WithoutQuery()));
  }
  while (target.ends_with('/')) target.pop_back();
  if (target.ends_with(kVersion)) {
    target.resize(target.size() - kVersion.size());
  }
  while (target.ends_with('/')) target.pop_back();
  return url;
}

std::string KeyVariable(const RemoteSettings& settings) {
  if (!settings.key_env.empty()) return settings.key_env;
  return settings.kind == EngineKind::kMistral ? "MISTRAL_API_KEY" : "";
}

std::vector<std::string> VariablesFor(const RemoteSettings& settings) {
  if (!settings.configured()) return {};
  std::vector<std::string> names = {
      "http_proxy",   "https_proxy",       "HTTPS_PROXY", "all_proxy",
      "ALL_PROXY",    "no_proxy",          "NO_PROXY",    "SSL_CERT_FILE",
      "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"};
  if (std::string key = KeyVariable(settings); !key.empty()) {
    names.push_back(std::move(key));
  }
  return names;
}

bool IsLoopback(const models::Url& url) {
  // The whole net 127.0.0.0/8 is; a name that only looks so is none.
  const bool net =
      url.host.starts_with("127.") && std::ranges::all_of(url.host, [](char c) {
        return c == '.' || (c >= '0' && c <= '9');
      });
  return net || url.host == "localhost" || url.host == "[::1]";
}

bool IsFimTemplate(std::string_view text) {
  return HasOnce(text, "{prefix}") && HasOnce(text, "{suffix}");
}

}  // namespace krait::remote
