// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/token_list.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using engine::TokenId;

constexpr std::string_view kSeparators = ", \t\r\n";

base::Error OutOfRange(uint64_t id, size_t vocab, const std::string& name) {
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: token {} is outside of the vocabulary of {}", name, id,
                  vocab));
}

base::Result<std::vector<TokenId>> ParseJson(std::string_view text,
                                             size_t vocab,
                                             const std::string& name) {
  simdjson::dom::parser parser;
  simdjson::dom::array array;
  const simdjson::padded_string padded(text);
  if (parser.parse(padded)["ids"].get(array) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInvalidArgument,
                     name + R"(: expected JSON {"ids": [1, 2, 3]})");
  }
  std::vector<TokenId> ids;
  for (const simdjson::dom::element element : array) {
    uint64_t id = 0;
    if (element.get(id) != simdjson::SUCCESS) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: ids[{}]: expected a token id", name, ids.size()));
    }
    if (id >= vocab) return OutOfRange(id, vocab, name);
    ids.push_back(static_cast<TokenId>(id));
  }
  return ids;
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
    uint64_t id = 0;
    const auto [stop, error] =
        std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || stop != word.data() + word.size()) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("{}: \"{}\" is not a token id, expected numbers with "
                      "commas between, such as 1,2,3",
                      name, word));
    }
    if (id >= vocab) return OutOfRange(id, vocab, name);
    ids.push_back(static_cast<TokenId>(id));
    begin = end == std::string_view::npos
                ? end
                : text.find_first_not_of(kSeparators, end);
  }
  return ids;
}

}  // namespace krait::daemon
