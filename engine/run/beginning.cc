// SPDX-License-Identifier: Apache-2.0
#include "engine/run/beginning.h"

#include <algorithm>
#include <limits>

namespace krait::engine {

std::span<const float> Beginning::Restrict(std::span<const float> logits) {
  if (done()) return logits;
  restricted_.assign(logits.size(), -std::numeric_limits<float>::infinity());
  bool any = false;
  for (size_t id = 0; id < logits.size(); ++id) {
    const std::string_view bytes =
        tokenizer_->TokenBytes(static_cast<TokenId>(id));
    // Cheap first: most tokens part at the first byte.
    if (bytes.empty() || bytes.front() != text_.front()) continue;
    if (!bytes.starts_with(text_) && !text_.starts_with(bytes)) continue;
    restricted_[id] = logits[id];
    any = true;
  }
  if (any) return restricted_;
  text_.clear();
  return logits;
}

size_t Beginning::Accept(TokenId token) {
  if (done()) return 0;
  const size_t size =
      std::min(tokenizer_->TokenBytes(token).size(), text_.size());
  text_.erase(0, size);
  return size;
}

}  // namespace krait::engine
