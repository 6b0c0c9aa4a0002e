// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_NEXT_LOGITS_H_
#define KRAIT_ENGINE_RUN_NEXT_LOGITS_H_

#include <cassert>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/file/token.h"
#include "engine/layers/top_logits.h"

namespace krait::engine {

// A token that may come next, and its logit.
struct TokenLogit {
  TokenId id = 0;
  float logit = 0;
};

// The order of tokens: the likelier first and, of equals, the lower id, so that
// no result depends on how it was sorted.
inline bool Likelier(const TokenLogit& a, const TokenLogit& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

// What a model says of the next token: all logits, or the largest. A view.
class NextLogits {
 public:
  // All, [vocab]: a span, or what becomes one.
  template <class All>
  requires std::is_convertible_v<const All&, std::span<const float>>
  // NOLINTNEXTLINE(google-explicit-constructor): it is the same.
  NextLogits(const All& all) : values_(all) {}
  explicit NextLogits(const TopLogits& top) : values_(top.values), top_(&top) {}

  bool has_all() const { return top_ == nullptr; }
  // Whether the `count` largest are there; 0 stands for all.
  bool Has(size_t count) const {
    return has_all() || (count > 0 && count <= values_.size());
  }
  // Only if they are there.
  std::span<const float> all() const {
    assert(has_all());
    return values_;
  }

  // Appends what may come next of the logits that are there: those that are
  // finite.
  void AppendPossible(std::vector<TokenLogit>* possible) const;
  // The likeliest token; its logit is not finite if none may come.
  TokenLogit Likeliest() const;
  // Of a token whose logit is there.
  float LogitOf(TokenId token) const;
  // ln of the sum of the exponentials of all logits, whether they are there or
  // not.
  float LogSum() const;

 private:
  TokenId IdOf(size_t i) const {
    return has_all() ? static_cast<TokenId>(i) : top_->ids[i];
  }

  std::span<const float> values_;
  const TopLogits* top_ = nullptr;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_NEXT_LOGITS_H_
