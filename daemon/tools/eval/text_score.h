// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_TEXT_SCORE_H_
#define KRAIT_DAEMON_TOOLS_EVAL_TEXT_SCORE_H_

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "engine/run/session.h"

namespace krait::daemon {

// How well a model predicts text: models with different vocabularies can be
// compared by bits per byte.
struct TextScore {
  size_t texts = 0;
  size_t bytes = 0;
  size_t tokens = 0;
  double nats = 0;  // -log probability of all tokens, the first one too

  void Add(const TextScore& other);
  double BitsPerByte() const;  // 0 without bytes
};

// Scores `text` after the model's beginning of sequence, from an empty state.
// `session` is reset. Fails without a tokenizer or such a token.
base::Result<TextScore> ScoreText(std::string_view text,
                                  engine::Session& session);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_TEXT_SCORE_H_
