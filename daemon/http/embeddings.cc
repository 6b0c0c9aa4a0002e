// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/embeddings.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "base/json_value.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

// So many texts are one batch; between batches a stop is looked for.
constexpr size_t kBatch = 16;

}  // namespace

void ReadTexts(base::ObjectReader& reader, std::string_view key,
               std::vector<std::string>* texts) {
  const base::JsonValue field = reader.Field(key);
  if (!field.IsMissing() && field.element().is_array()) {
    reader.Require(key, texts)
        .Check(!texts->empty(), key, "at least one text")
        .Check(texts->size() <= kMostEmbedded, key,
               fmt::format("at most {} texts", kMostEmbedded));
    return;
  }
  reader.Require(key, &texts->emplace_back());
}

base::Result<Embedded> Embed(const EmbeddingWork& work,
                             const engine::TextEncoder& encoder,
                             const std::stop_token& stop) {
  const auto begin = std::chrono::steady_clock::now();
  const auto scratch = encoder.NewScratch();
  Embedded embedded;
  std::vector<float> vectors(kBatch * encoder.dimension());
  for (size_t first = 0; first < work.texts.size(); first += kBatch) {
    if (stop.stop_requested()) {
      return MakeError(ErrorCode::kCancelled, "the client has gone");
    }
    const size_t count = std::min(kBatch, work.texts.size() - first);
    const std::vector<std::string_view> texts(
        work.texts.begin() + static_cast<ptrdiff_t>(first),
        work.texts.begin() + static_cast<ptrdiff_t>(first + count));
    const auto tokens = encoder.Encode(texts, *scratch, vectors.data());
    embedded.tokens += tokens;
    for (size_t i = 0; i < count; ++i) {
      const auto at =
          vectors.begin() + static_cast<ptrdiff_t>(i * encoder.dimension());
      embedded.vectors.emplace_back(
          at, at + static_cast<ptrdiff_t>(encoder.dimension()));
    }
  }
  embedded.took = std::chrono::steady_clock::now() - begin;
  return embedded;
}

SlowWork SlowEmbedding(EmbeddingWork work, std::shared_ptr<LazyEncoder> lazy) {
  return {.run = [work = std::move(work), lazy = std::move(lazy)](
                     const std::stop_token& stop) -> base::Result<ReadyWork> {
    const auto encoder = lazy == nullptr ? OpenedEncoder(nullptr) : lazy->Get();
    if (!encoder) return encoder.error();
    if (*encoder == nullptr) {
      return MakeError(ErrorCode::kUnsupported,
                       "there is no encoder: set repository.embedding_model");
    }
    const auto embedded = Embed(work, (*encoder)->encoder(), stop);
    if (!embedded) return embedded.error();
    return ReadyWork(work.reply(*embedded));
  }};
}

std::string Base64Of(const std::vector<float>& vector) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes(vector.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), vector.data(), bytes.size());
  const size_t padding = (3 - bytes.size() % 3) % 3;
  bytes.append(padding, '\0');
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k) {
      three = three << 8U | static_cast<unsigned char>(bytes[i + k]);
    }
    for (size_t k = 0; k < 4; ++k) text += kDigits[three >> (18 - 6 * k) & 63U];
  }
  std::fill_n(text.end() - static_cast<ptrdiff_t>(padding), padding, '=');
  return text;
}

}  // namespace krait::daemon
