// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/merge_list.h"

#include <fmt/format.h>

#include <string>

namespace krait::engine {
namespace {

// Names in messages are cut: a broken file may have megabytes of them.
std::string Quoted(std::string_view name) {
  constexpr size_t kShown = 40;
  return fmt::format("'{}{}'", name.substr(0, kShown),
                     name.size() > kShown ? "..." : "");
}

}  // namespace

Status AddNamedMerge(const Vocabulary& vocabulary, std::string_view left,
                     std::string_view right, std::string_view where,
                     std::vector<ListedMerge>* merges) {
  const auto find = [&](std::string_view name) -> Result<TokenId> {
    if (const auto id = vocabulary.Find(name)) return *id;
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: token {} is not in the vocabulary", where,
                                 Quoted(name)));
  };
  const auto left_id = find(left);
  if (!left_id) return left_id.error();
  const auto right_id = find(right);
  if (!right_id) return right_id.error();
  const auto result = find(std::string(left).append(right));
  if (!result) return result.error();
  merges->push_back(
      {*left_id, *right_id, *result, static_cast<uint32_t>(merges->size())});
  return {};
}

Status AddSpacedMerge(const Vocabulary& vocabulary, std::string_view both,
                      std::string_view where,
                      std::vector<ListedMerge>* merges) {
  const size_t space = both.find(' ', 1);
  if (space == std::string_view::npos || space + 1 == both.size()) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: expected two tokens with a space between "
                                 "them, found {}",
                                 where, Quoted(both)));
  }
  return AddNamedMerge(vocabulary, both.substr(0, space),
                       both.substr(space + 1), where, merges);
}

}  // namespace krait::engine
