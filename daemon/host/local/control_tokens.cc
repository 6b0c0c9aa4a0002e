// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/control_tokens.h"

#include <algorithm>

namespace krait::daemon {
namespace {

// No vocabulary has longer ones; what has is not looked for.
constexpr size_t kLongestName = 128;

}  // namespace

ControlTokens::ControlTokens(const engine::Tokenizer& tokenizer) {
  for (size_t i = 0; i < tokenizer.vocab_size(); ++i) {
    const auto id = static_cast<engine::TokenId>(i);
    if (!tokenizer.IsControl(id)) continue;
    const std::string_view name = tokenizer.TokenName(id);
    if (name.empty() || name.size() > kLongestName) continue;
    if (!names_.emplace(name, id).second) continue;
    auto& lengths = lengths_[static_cast<unsigned char>(name.front())];
    if (std::ranges::find(lengths, name.size()) == lengths.end()) {
      lengths.push_back(name.size());
    }
  }
  for (auto& lengths : lengths_) {
    std::sort(lengths.rbegin(), lengths.rend());
  }
}

std::optional<ControlTokens::Found> ControlTokens::Find(std::string_view text,
                                                        size_t from) const {
  for (size_t at = from; at < text.size(); ++at) {
    for (const size_t size : lengths_[static_cast<unsigned char>(text[at])]) {
      if (size > text.size() - at) continue;
      const auto found = names_.find(text.substr(at, size));
      if (found == names_.end()) continue;
      return Found{.begin = at, .size = size, .id = found->second};
    }
  }
  return std::nullopt;
}

}  // namespace krait::daemon
