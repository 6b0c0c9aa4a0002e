// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/model_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/models/file_names.h"

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr std::string_view kHub = "hf:";
constexpr std::string_view kOllama = "ollama:";
constexpr size_t kMaxName = 96;

base::Error Unreadable(std::string_view text, std::string_view why) {
  constexpr size_t kShown = 200;
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: {}; expected the name of a recommended model (`krait "
                  "model list --remote`), hf:OWNER/REPO[:QUANT], "
                  "hf:OWNER/REPO/FILE, ollama:NAME[:TAG], or a URL",
                  text.substr(0, kShown), why));
}

// Whether it is a part of a name in a registry.
bool IsName(std::string_view name, size_t most = kMaxName) {
  return !name.empty() && name.size() <= most && name[0] != '.' &&
         name[0] != '-' && name.find("..") == std::string_view::npos &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
         });
}

// Cuts the text behind the last `separator`, if that is behind the last '/',
// off `text`; empty if there is none.
std::string_view CutTail(char separator, std::string_view* text) {
  const size_t at = text->rfind(separator);
  const size_t slash = text->rfind('/');
  if (at == std::string_view::npos ||
      (slash != std::string_view::npos && at < slash)) {
    return {};
  }
  const std::string_view tail = text->substr(at + 1);
  *text = text->substr(0, at);
  return tail;
}

// Cuts the text before the first '/' off `text`.
std::string_view CutPart(std::string_view* text) {
  const size_t slash = std::min(text->find('/'), text->size());
  const std::string_view part = text->substr(0, slash);
  text->remove_prefix(std::min(slash + 1, text->size()));
  return part;
}

base::Result<ModelSource> ParseHub(std::string_view whole) {
  std::string_view text = whole.substr(kHub.size());
  HubSource source;
  const bool has_quant = text.rfind(':') != std::string_view::npos;
  source.quant = CutTail(':', &text);
  if (has_quant && !IsName(source.quant)) {
    return Unreadable(whole, "no quantisation behind the colon, such as Q8_0");
  }
  const bool has_revision = text.rfind('@') != std::string_view::npos;
  if (has_revision) {
    source.revision = text.substr(text.rfind('@') + 1);
    text = text.substr(0, text.rfind('@'));
    if (!IsSafePath(source.revision) || source.revision.size() > kMaxName) {
      return Unreadable(whole, "no revision behind the @");
    }
  }
  const std::string_view owner = CutPart(&text);
  source.repo = fmt::format("{}/{}", owner, CutPart(&text));
  source.file = text;
  if (!IsRepoName(source.repo)) {
    return Unreadable(whole, "no OWNER/REPO behind hf:");
  }
  if (!source.file.empty() && !IsSafePath(source.file)) {
    return Unreadable(whole, "no path of a file behind the repository");
  }
  if (!source.file.empty() && has_quant) {
    return Unreadable(whole, "a file and a quantisation");
  }
  return ModelSource(std::move(source));
}

base::Result<ModelSource> ParseOllama(std::string_view whole) {
  std::string_view text = whole.substr(kOllama.size());
  OllamaSource source;
  if (const auto tag = CutTail(':', &text); !tag.empty()) source.tag = tag;
  const auto slashes = std::ranges::count(text, '/');
  if (slashes == 2) source.host = CutPart(&text);
  source.name =
      slashes == 0 ? fmt::format("library/{}", text) : std::string(text);
  if (slashes > 2 || !IsRepoName(source.name) || !IsName(source.tag) ||
      !ParseUrl(fmt::format("https://{}/", source.host))) {
    return Unreadable(whole, "no NAME[:TAG] behind ollama:");
  }
  return ModelSource(std::move(source));
}

// "/owner/repo/resolve/revision/file" of the hub, or its page "blob".
ModelSource FileOfHub(const Url& url, const Url& endpoint) {
  const std::string path =
      DecodePath(url.target.substr(0, url.target.find('?')));
  std::string folder = endpoint.target;
  if (!folder.ends_with('/')) folder += '/';
  if (url.Origin() != endpoint.Origin() || !path.starts_with(folder)) {
    return url;
  }
  std::string_view rest = path;
  rest.remove_prefix(folder.size());
  HubSource source;
  const std::string_view owner = CutPart(&rest);
  source.repo = fmt::format("{}/{}", owner, CutPart(&rest));
  const std::string_view kind = CutPart(&rest);
  source.revision = CutPart(&rest);
  source.file = rest;
  if (!IsRepoName(source.repo) || (kind != "resolve" && kind != "blob") ||
      !IsName(source.revision) || !IsSafePath(source.file)) {
    return url;
  }
  return source;
}

}  // namespace

bool IsRepoName(std::string_view repo) {
  const size_t slash = repo.find('/');
  return slash != std::string_view::npos && IsName(repo.substr(0, slash)) &&
         IsName(repo.substr(slash + 1));
}

bool IsRemoteName(std::string_view text) {
  return text.starts_with(kHub) || text.starts_with(kOllama);
}

base::Result<ModelSource> ParseModelSource(std::string_view text,
                                           const Url& endpoint) {
  if (text.starts_with(kHub)) return ParseHub(text);
  if (text.starts_with(kOllama)) return ParseOllama(text);
  if (text.find("://") != std::string_view::npos) {
    const auto url = ParseUrl(text);
    if (!url) return url.error();
    return FileOfHub(*url, endpoint);
  }
  if (!IsName(text)) return Unreadable(text, "not a name");
  return ModelSource(RecommendedSource{std::string(text)});
}

}  // namespace krait::models
