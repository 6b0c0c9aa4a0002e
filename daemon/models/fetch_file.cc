// SPDX-License-Identifier: Apache-2.0
// Models that are one file in krait's own folder: from Ollama's registry, or
// from anywhere.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/models/fetch.h"
#include "daemon/models/file_names.h"
#include "daemon/models/known_content.h"
#include "daemon/models/stored_models.h"

namespace krait::models {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

constexpr size_t kMaxManifest = size_t{4} << 20;

base::Error Offline(std::string_view name) {
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("{}: not on this machine, and offline "
                               "(HF_HUB_OFFLINE or --offline)",
                               name));
}

base::Error NoFolder() {
  return MakeError(ErrorCode::kNotFound,
                   "no folder for models: set HOME or XDG_DATA_HOME");
}

bool Exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

base::Result<FetchedModel> FetchInto(const fs::path& target, WantedFile wanted,
                                     const FetchContext& context) {
  wanted.target = target;
  wanted.partial = target.string() + ".incomplete";
  const auto done = Download(wanted, context.client, context.on_progress);
  if (!done) return done.error();
  if (wanted.content.kind == ContentName::Kind::kSha256) {
    const auto noted = NoteContent(target, wanted.content.hex);
    if (!noted) return noted.error();
  }
  return FetchedModel{.path = target, .was_here = false};
}

std::string TextOf(const OllamaSource& source) {
  return fmt::format("ollama:{}:{}", source.name, source.tag);
}

// Whether the registry is on this machine, where nothing need be encrypted.
bool IsThisMachine(std::string_view host) {
  const std::string_view name = host.substr(0, host.rfind(':'));
  return name == "localhost" || name.starts_with("127.") || name == "[::1]";
}

base::Result<Url> RegistryUrl(const OllamaSource& source,
                              std::string_view what) {
  return ParseUrl(fmt::format("{}://{}/v2/{}/{}",
                              IsThisMachine(source.host) ? "http" : "https",
                              source.host, source.name, what));
}

base::Result<OllamaModel> AskRegistry(const OllamaSource& source,
                                      const FetchContext& context) {
  const auto url = RegistryUrl(source, "manifests/" + source.tag);
  if (!url) return url.error();
  const auto answer = context.client.GetText(
      *url, "application/vnd.docker.distribution.manifest.v2+json",
      kMaxManifest);
  if (!answer) return answer.error();
  if (answer->head.status != 200) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("{}: {} answers {}{}", TextOf(source),
                                 url->Text(), answer->head.status,
                                 answer->head.status == 404
                                     ? ": there is no such model or tag"
                                     : ""));
  }
  auto model = ParseOllamaManifest(answer->body);
  if (model) return model;
  return MakeError(model.error().code,
                   TextOf(source) + ": " + model.error().message);
}

// "library/llama3" and "8b" are "llama3-8b.gguf".
std::string FileNameOf(const OllamaSource& source) {
  constexpr std::string_view kLibrary = "library/";
  std::string name = source.name;
  if (name.starts_with(kLibrary)) name.erase(0, kLibrary.size());
  std::ranges::replace(name, '/', '-');
  return fmt::format("{}-{}.gguf", name, source.tag);
}

}  // namespace

base::Result<FetchedModel> FetchFromOllama(const OllamaSource& source,
                                           const FetchContext& context) {
  if (auto blob = FindStored(source, context.stores)) {
    return FetchedModel{.path = std::move(*blob), .was_here = true};
  }
  if (context.stores.own.empty()) return NoFolder();
  const fs::path target = context.stores.own / FileNameOf(source);
  if (context.hub.offline) {
    if (!Exists(target)) return Offline(TextOf(source));
    return FetchedModel{.path = target, .was_here = true};
  }
  const auto model = AskRegistry(source, context);
  if (!model) return model.error();
  const auto content = ContentName::OfSha256(model->sha256);
  if (Exists(target) && CheckContent(target, content, context.on_progress)) {
    return FetchedModel{.path = target, .was_here = true};
  }
  if (context.approve) {
    const auto approved =
        context.approve({.name = TextOf(source), .model_bytes = model->bytes});
    if (!approved) return approved.error();
  }
  const auto url = RegistryUrl(source, "blobs/sha256:" + model->sha256);
  if (!url) return url.error();
  return FetchInto(target,
                   {.url = *url,
                    .name = FileNameOf(source),
                    .target = {},
                    .partial = {},
                    .bytes = model->bytes,
                    .content = content},
                   context);
}

base::Result<FetchedModel> FetchFromUrl(const Url& url,
                                        const std::string& sha256,
                                        const FetchContext& context) {
  const std::string name = FileNameOf(url);
  if (!IsSafePath(name) || !name.ends_with(".gguf")) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: expected the address of a .gguf file",
                                 url.WithoutQuery()));
  }
  if (ParseSplitName(name)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: a part of a model: fetch each of its parts into one "
                    "folder, and `krait model add` the first",
                    url.WithoutQuery()));
  }
  if (context.stores.own.empty()) return NoFolder();
  const fs::path target = context.stores.own / name;
  ContentName content;
  if (!sha256.empty()) content = ContentName::OfSha256(sha256);
  if (Exists(target)) {
    if (!sha256.empty()) {
      const auto same = CheckContent(target, content, context.on_progress);
      if (!same) return same.error();
    }
    return FetchedModel{.path = target, .was_here = true};
  }
  if (context.hub.offline) return Offline(url.WithoutQuery());
  const auto on_length = [&](uint64_t bytes) -> base::Status {
    if (!context.approve) return {};
    return context.approve({.name = name, .model_bytes = bytes});
  };
  return FetchInto(target,
                   {.url = url,
                    .name = name,
                    .target = {},
                    .partial = {},
                    .content = content,
                    .on_length = on_length},
                   context);
}

}  // namespace krait::models
