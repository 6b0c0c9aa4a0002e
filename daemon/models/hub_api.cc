// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/hub_api.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "daemon/models/file_names.h"

namespace krait::models {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;

constexpr size_t kMaxFiles = 100'000;
constexpr uint64_t kMaxBytes = uint64_t{2} << 40;
constexpr size_t kSha256Digits = 64;
constexpr size_t kSha1Digits = 40;
constexpr std::string_view kOllamaLayer = "application/vnd.ollama.image.model";

base::Error BadAnswer(std::string_view what) {
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("the server's answer: {}", what));
}

base::Result<json::value> Parse(std::string_view text) {
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error) return BadAnswer("expected JSON: " + error.message());
  return value;
}

const json::value* Member(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  return object == nullptr ? nullptr
                           : object->if_contains({name.data(), name.size()});
}

std::string_view Text(const json::value* value) {
  const auto* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return {};
  return {text->data(), text->size()};
}

std::optional<uint64_t> Size(const json::value* value) {
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  const int64_t size = value->get_int64();
  if (size < 0 || static_cast<uint64_t>(size) > kMaxBytes) return std::nullopt;
  return static_cast<uint64_t>(size);
}

// "sha256:..." or the digits alone.
std::string_view Sha256Of(std::string_view digest) {
  constexpr std::string_view kKind = "sha256:";
  if (digest.starts_with(kKind)) digest.remove_prefix(kKind.size());
  return IsHex(digest, kSha256Digits) ? digest : std::string_view();
}

base::Result<HubFile> ParseFile(const json::value& entry) {
  HubFile file;
  file.path = Text(Member(entry, "path"));
  if (!IsSafePath(file.path)) {
    return BadAnswer("a file whose path cannot be one");
  }
  const json::value* lfs = Member(entry, "lfs");
  const bool large = lfs != nullptr && lfs->is_object();
  const auto bytes = Size(Member(large ? *lfs : entry, "size"));
  if (!bytes) return BadAnswer("no size of " + file.path);
  file.bytes = *bytes;
  const std::string_view oid = Text(Member(large ? *lfs : entry, "oid"));
  file.content = {
      large ? ContentName::Kind::kSha256 : ContentName::Kind::kGitBlob,
      std::string(large ? Sha256Of(oid) : oid)};
  if (!IsHex(file.content.hex, large ? kSha256Digits : kSha1Digits)) {
    return BadAnswer("no hash of " + file.path);
  }
  return file;
}

}  // namespace

base::Result<std::string> ParseRefs(std::string_view text,
                                    std::string_view revision) {
  const auto value = Parse(text);
  if (!value) return value.error();
  for (const char* kind : {"branches", "tags", "converts"}) {
    const json::value* refs = Member(*value, kind);
    if (refs == nullptr || !refs->is_array()) continue;
    for (const json::value& ref : refs->get_array()) {
      if (Text(Member(ref, "name")) != revision) continue;
      const std::string_view commit = Text(Member(ref, "targetCommit"));
      if (!IsHex(commit, kSha1Digits)) {
        return BadAnswer("a revision without a commit");
      }
      return std::string(commit);
    }
  }
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("no branch or tag is called \"{}\"", revision));
}

base::Result<std::vector<HubFile>> ParseTree(std::string_view text) {
  const auto value = Parse(text);
  if (!value) return value.error();
  const auto* entries = value->if_array();
  if (entries == nullptr) return BadAnswer("expected a list of files");
  if (entries->size() > kMaxFiles) return BadAnswer("too many files");
  std::vector<HubFile> files;
  for (const json::value& entry : *entries) {
    if (Text(Member(entry, "type")) != "file") continue;
    auto file = ParseFile(entry);
    if (!file) return file.error();
    files.push_back(std::move(*file));
  }
  return files;
}

base::Result<OllamaModel> ParseOllamaManifest(std::string_view text) {
  const auto value = Parse(text);
  if (!value) return value.error();
  const json::value* layers = Member(*value, "layers");
  if (layers == nullptr || !layers->is_array()) {
    return BadAnswer("expected a manifest with layers");
  }
  for (const json::value& layer : layers->get_array()) {
    if (Text(Member(layer, "mediaType")) != kOllamaLayer) continue;
    const std::string_view sha256 = Sha256Of(Text(Member(layer, "digest")));
    const auto bytes = Size(Member(layer, "size"));
    if (sha256.empty() || !bytes) {
      return BadAnswer("a model without its hash or size");
    }
    return OllamaModel{.sha256 = std::string(sha256), .bytes = *bytes};
  }
  return MakeError(ErrorCode::kUnsupported,
                   "this manifest names no model in GGUF");
}

}  // namespace krait::models
