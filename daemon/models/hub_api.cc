// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/hub_api.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/json_value.h"
#include "daemon/models/digest.h"
#include "daemon/models/file_names.h"
#include "daemon/models/size_text.h"

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr size_t kMaxFiles = 100'000;
constexpr std::string_view kOllamaLayer = "application/vnd.ollama.image.model";

base::Error BadAnswer(std::string_view what) {
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("the server's answer: {}", what));
}

base::Result<base::JsonDocument> Parse(std::string_view text) {
  auto document = base::JsonDocument::Parse(text);
  if (!document) {
    return MakeError(
        ErrorCode::kBadFile,
        base::InText("the server's answer", document.error()).message);
  }
  return document;
}

// "" if there is no such text.
std::string TextAt(const base::JsonValue& json, std::string_view key) {
  std::string text;
  (void)FromJson(base::ObjectReader(json).Field(key), &text);
  return text;
}

std::optional<uint64_t> SizeAt(const base::JsonValue& json,
                               std::string_view key) {
  int64_t size = -1;
  const auto read = base::ReadExact(base::ObjectReader(json).Field(key), &size);
  if (!read || size < 0 || static_cast<uint64_t>(size) > kMaxModelBytes) {
    return std::nullopt;
  }
  return static_cast<uint64_t>(size);
}

// None if there is no such list.
std::optional<std::vector<base::JsonValue>> ListAt(
    const base::ObjectReader& object, std::string_view key) {
  std::vector<base::JsonValue> list;
  if (!FromJson(object.Field(key), &list)) return std::nullopt;
  return list;
}

// "sha256:..." or the digits alone.
std::string Sha256Of(std::string_view digest) {
  constexpr std::string_view kKind = "sha256:";
  if (digest.starts_with(kKind)) digest.remove_prefix(kKind.size());
  return std::string(IsHex(digest, kSha256Digits) ? digest : "");
}

base::Result<HubFile> ParseFile(const base::JsonValue& entry) {
  HubFile file;
  file.path = TextAt(entry, "path");
  if (!IsSafePath(file.path)) {
    return BadAnswer("a file whose path cannot be one");
  }
  const base::JsonValue lfs = base::ObjectReader(entry).Field("lfs");
  const bool large = !lfs.IsMissing() && lfs.element().is_object();
  const auto bytes = SizeAt(large ? lfs : entry, "size");
  if (!bytes) return BadAnswer("no size of " + file.path);
  file.bytes = *bytes;
  const std::string oid = TextAt(large ? lfs : entry, "oid");
  file.content = {
      large ? ContentName::Kind::kSha256 : ContentName::Kind::kGitBlob,
      large ? Sha256Of(oid) : oid};
  if (!IsHex(file.content.hex, large ? kSha256Digits : kSha1Digits)) {
    return BadAnswer("no hash of " + file.path);
  }
  return file;
}

}  // namespace

base::Result<std::string> ParseRefs(std::string_view text,
                                    std::string_view revision) {
  const auto document = Parse(text);
  if (!document) return document.error();
  const base::ObjectReader answer(document->root());
  for (const char* kind : {"branches", "tags", "converts"}) {
    const auto refs = ListAt(answer, kind);
    if (!refs) continue;
    for (const base::JsonValue& ref : *refs) {
      if (TextAt(ref, "name") != revision) continue;
      std::string commit = TextAt(ref, "targetCommit");
      if (!IsHex(commit, kSha1Digits)) {
        return BadAnswer("a revision without a commit");
      }
      return commit;
    }
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("no branch or tag is called \"{}\"", revision));
}

base::Result<std::vector<HubFile>> ParseTree(std::string_view text) {
  const auto document = Parse(text);
  if (!document) return document.error();
  std::vector<base::JsonValue> entries;
  if (!FromJson(document->root(), &entries)) {
    return BadAnswer("expected a list of files");
  }
  if (entries.size() > kMaxFiles) return BadAnswer("too many files");
  std::vector<HubFile> files;
  for (const base::JsonValue& entry : entries) {
    if (TextAt(entry, "type") != "file") continue;
    auto file = ParseFile(entry);
    if (!file) return file.error();
    files.push_back(std::move(*file));
  }
  return files;
}

base::Result<OllamaModel> ParseOllamaManifest(std::string_view text) {
  const auto document = Parse(text);
  if (!document) return document.error();
  const auto layers = ListAt(base::ObjectReader(document->root()), "layers");
  if (!layers) return BadAnswer("expected a manifest with layers");
  for (const base::JsonValue& layer : *layers) {
    if (TextAt(layer, "mediaType") != kOllamaLayer) continue;
    std::string sha256 = Sha256Of(TextAt(layer, "digest"));
    const auto bytes = SizeAt(layer, "size");
    if (sha256.empty() || !bytes) {
      return BadAnswer("a model without its hash or size");
    }
    return OllamaModel{.sha256 = std::move(sha256), .bytes = *bytes};
  }
  return MakeError(ErrorCode::kUnsupported,
                   "this manifest names no model in GGUF");
}

}  // namespace krait::models
