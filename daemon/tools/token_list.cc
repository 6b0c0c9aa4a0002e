// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/token_list.h"

#include <fmt/format.h>

#include <charconv>

#include "base/json_value.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using engine::TokenId;

constexpr std::string_view kSeparators = ", \t\r\n";

base::Error OutOfRange(int64_t id, size_t vocab, const std::string& name) {
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: token {} is outside of the vocabulary of {}", name, id,
                  vocab));
}

base::Result<std::vector<TokenId>> ParseJson(std::string_view text,
                                             size_t vocab,
                                             const std::string& name) {
  const auto document = base::JsonDocument::Parse(text);
  if (!document) return base::InText(name, document.error());
  std::vector<int64_t> ids;
  const auto read =
      base::ObjectReader(document->root()).Require("ids", &ids).status();
  if (!read) return base::InText(name, read.error());
  std::vector<TokenId> tokens;
  for (const int64_t id : ids) {
    if (id < 0 || static_cast<uint64_t>(id) >= vocab) {
      return OutOfRange(id, vocab, name);
    }
    tokens.push_back(static_cast<TokenId>(id));
  }
  return tokens;
}

}  // namespace

base::Result<std::vector<TokenId>> ParseTokenIds(std::string_view text,
                                                 size_t vocab,
                                                 const std::string& name) {
  const size_t first = text.find_first_not_of(kSeparators);
  if (first != std::string_view::npos && text[first] == '{') {
    return ParseJson(text, vocab, name);
  }
  std::vector<TokenId> ids;
  size_t begin = first;
  while (begin != std::string_view::npos) {
    const size_t end = text.find_first_of(kSeparators, begin);
    const std::string_view word = text.substr(begin, end - begin);
    int64_t id = 0;
    const auto [stop, error] =
        std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || stop != word.data() + word.size()) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: \"{}\" is not a token id, expected numbers with "
                      "commas between, such as 1,2,3",
                      name, word));
    }
    if (static_cast<uint64_t>(id) >= vocab) {
      return OutOfRange(id, vocab, name);
    }
    ids.push_back(static_cast<TokenId>(id));
    begin = end == std::string_view::npos
                ? end
                : text.find_first_not_of(kSeparators, end);
  }
  return ids;
}

}  // namespace krait::daemon
