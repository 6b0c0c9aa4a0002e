// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/prefix_matcher.h"

namespace krait::engine {

void PrefixMatcher::Add(std::string_view text, TokenId id) {
  if (text.empty()) return;
  first_bytes_.set(static_cast<unsigned char>(text[0]));
  size_t node = 0;
  for (const char byte : text) {
    const auto next = static_cast<uint32_t>(nodes_.size());
    const auto [edge, is_new] = edges_.try_emplace(Edge(node, byte), next);
    if (is_new) nodes_.emplace_back();
    node = edge->second;
  }
  if (!nodes_[node].id) nodes_[node].id = id;
}

std::optional<PrefixMatcher::Match> PrefixMatcher::Find(std::string_view text,
                                                        size_t pos) const {
  std::optional<Match> longest;
  size_t node = 0;
  for (size_t i = pos; i < text.size(); ++i) {
    const auto edge = edges_.find(Edge(node, text[i]));
    if (edge == edges_.end()) break;
    node = edge->second;
    if (nodes_[node].id) longest = Match{*nodes_[node].id, i + 1 - pos};
  }
  return longest;
}

}  // namespace krait::engine
