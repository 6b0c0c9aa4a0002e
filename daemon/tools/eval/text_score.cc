// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/text_score.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

namespace krait::daemon {
namespace {

using engine::TokenId;

// Returns -log of the softmax of `logits` at `id`.
double Surprise(std::span<const float> logits, TokenId id) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) {
    sum += std::exp(static_cast<double>(logit - largest));
  }
  return std::log(sum) - static_cast<double>(logits[id] - largest);
}

}  // namespace

void TextScore::Add(const TextScore& other) {
  texts += other.texts;
  bytes += other.bytes;
  tokens += other.tokens;
  nats += other.nats;
}

double TextScore::BitsPerByte() const {
  if (bytes == 0) return 0;
  return nats / std::numbers::ln2 / static_cast<double>(bytes);
}

base::Result<TextScore> ScoreText(std::string_view text,
                                  engine::Session& session) {
  const engine::Model& model = session.model();
  if (!model.has_tokenizer()) {
    return base::MakeError(base::ErrorCode::kNotFound,
                           "the model has no tokenizer");
  }
  const auto bos = model.tokenizer().special().bos;
  if (!bos) {
    return base::MakeError(base::ErrorCode::kNotFound,
                           "the model has no token for the beginning");
  }
  std::vector<TokenId> ids = {*bos};
  const std::vector<TokenId> encoded = model.tokenizer().Encode(text);
  ids.insert(ids.end(), encoded.begin(), encoded.end());

  TextScore score{.texts = 1, .bytes = text.size(), .tokens = encoded.size()};
  const size_t vocab = model.hyperparameters().vocab;
  session.Reset();
  std::vector<float> logits;  // [tokens, vocab]
  for (size_t begin = 0; begin < encoded.size();) {
    const size_t end =
        std::min(begin + engine::Model::kMaxBatch, encoded.size());
    const auto fed = session.PrefillAllLogits(
        std::span(ids).subspan(begin, end - begin), &logits);
    if (!fed) return fed.error();
    for (size_t i = begin; i < end; ++i) {
      const std::span<const float> row(&logits[(i - begin) * vocab], vocab);
      score.nats += Surprise(row, ids[i + 1]);
    }
    begin = end;
  }
  return score;
}

}  // namespace krait::daemon
