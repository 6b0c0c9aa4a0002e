// SPDX-License-Identifier: Apache-2.0
// Tokenizer::FromFile: tells the formats apart and opens the files.
#include <fmt/format.h>
#include <simdjson.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/file/json_file.h"
#include "engine/file/mapped_file.h"
#include "engine/tokenizer/sentencepiece_model.h"
#include "engine/tokenizer/tokenizer_bytes.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace krait::engine {
namespace {

// The largest known vocabularies have files of about 35 MB.
constexpr size_t kMaxFileBytes = size_t{128} << 20;
constexpr size_t kMaxNesting = 64;

// A JSON object begins like this, and no SentencePiece model does: there, a
// brace would be a length after the line feed that is its first tag, and a
// quotation mark cannot follow.
bool LooksLikeJson(std::string_view bytes) {
  const auto next = [&bytes](size_t from) {
    return bytes.find_first_not_of(" \t\r\n", from);
  };
  const size_t brace = next(0);
  if (brace == std::string_view::npos || bytes[brace] != '{') return false;
  const size_t after = next(brace + 1);
  return after == std::string_view::npos || bytes[after] == '"' ||
         bytes[after] == '}';
}

Result<std::unique_ptr<Tokenizer>> ParseJson(std::string_view bytes,
                                             const std::string& name,
                                             const NamedRoles& roles) {
  simdjson::dom::parser parser;
  simdjson::dom::element top;
  auto error = parser.allocate(bytes.size() + 1, kMaxNesting);
  if (error == simdjson::SUCCESS) {
    error = parser.parse(bytes.data(), bytes.size()).get(top);
  }
  if (error != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: expected JSON: {}", name,
                                 simdjson::error_message(error)));
  }
  simdjson::dom::object object;
  if (top.get(object) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kBadFile,
                     name + ": expected a JSON object at the top");
  }
  const JsonFields root(object, name, "");
  return root.Find("model") || !root.Find("vocab")
             ? ParseTokenizerJson(root, roles)
             : ParseTekkenJson(root, roles.fim);
}

// tokenizer_config.json beside tokenizer.json is optional, and nothing in it is
// needed to make ids of text: a broken one gives no roles, and a warning.
NamedRoles RolesBeside(const std::filesystem::path& path,
                       std::vector<std::string>* warnings) {
  const auto config = JsonFile::Open(
      path.parent_path() / "tokenizer_config.json", JsonDialect::kPython);
  if (config) return ReadNamedRoles((*config)->root());
  if (config.error().code != ErrorCode::kNotFound) {
    warnings->push_back("passed over, so bos and eos may be wrong: " +
                        config.error().message);
  }
  return {};
}

Result<std::unique_ptr<Tokenizer>> Parse(std::string_view bytes,
                                         const std::string& name, bool is_json,
                                         const NamedRoles& roles) {
  if (bytes.empty()) {
    return MakeError(ErrorCode::kBadFile,
                     name + ": expected a tokenizer, the file is empty");
  }
  if (bytes.size() > kMaxFileBytes) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: has {} bytes, expected at most {}", name,
                                 bytes.size(), kMaxFileBytes));
  }
  if (is_json) return ParseJson(bytes, name, roles);
  auto spec = ParseSentencePieceModel(bytes, name, roles.fim);
  if (!spec) return spec.error();
  return SentencePieceTokenizer::Create(std::move(*spec));
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> TokenizerFromBytes(std::string_view bytes,
                                                      const std::string& name) {
  return Parse(bytes, name, LooksLikeJson(bytes), NamedRoles{});
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromFile(
    const std::filesystem::path& path, const FimChoice& fim) {
  const auto file = MappedFile::Open(path);
  if (!file) return file.error();
  const bool is_json =
      LooksLikeJson(file->bytes()) || path.extension() == ".json";
  std::vector<std::string> warnings;
  NamedRoles roles;
  if (is_json) roles = RolesBeside(path, &warnings);
  roles.fim = fim;
  auto tokenizer = Parse(file->bytes(), path.string(), is_json, roles);
  if (tokenizer) (*tokenizer)->warnings_ = std::move(warnings);
  return tokenizer;
}

}  // namespace krait::engine
