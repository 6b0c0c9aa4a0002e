// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_PREFIX_MATCHER_H_
#define KRAIT_ENGINE_TOKENIZER_PREFIX_MATCHER_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

// Finds the longest of a set of strings that a text continues with: a trie.
// For user-defined and added tokens, of which there are few.
class PrefixMatcher {
 public:
  struct Match {
    TokenId id = 0;
    size_t size = 0;  // bytes
  };

  // Adds a string; an empty one is never found.
  void Add(std::string_view text, TokenId id);

  bool empty() const { return nodes_.size() == 1; }

  // True if some string begins with this byte: the quick test before Find.
  bool MayBegin(char byte) const {
    return first_bytes_[static_cast<unsigned char>(byte)];
  }

  // Returns the longest string that stands at `pos`.
  std::optional<Match> Find(std::string_view text, size_t pos) const;

 private:
  struct Node {
    std::optional<TokenId> id;
  };
  static uint64_t Edge(size_t node, char byte) {
    return (uint64_t{node} << 8) | static_cast<unsigned char>(byte);
  }

  std::bitset<256> first_bytes_;
  std::vector<Node> nodes_ = {Node{}};
  std::unordered_map<uint64_t, uint32_t> edges_;  // (node, byte) to node
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_PREFIX_MATCHER_H_
