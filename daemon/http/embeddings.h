// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_EMBEDDINGS_H_
#define KRAIT_DAEMON_HTTP_EMBEDDINGS_H_

#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/http/dialect.h"
#include "engine/embedding/text_encoder.h"

namespace krait::base {
class ObjectReader;
}  // namespace krait::base

namespace krait::daemon {

// The most texts of one request.
inline constexpr size_t kMostEmbedded = 2048;

// Reads a text or a list of some; token ids, which are another model's, are an
// error.
void ReadTexts(base::ObjectReader& reader, std::string_view key,
               std::vector<std::string>* texts);

// Makes the vectors. Looks at `stop` between some texts (kCancelled).
base::Result<Embedded> Embed(const EmbeddingWork& work,
                             const engine::TextEncoder& encoder,
                             const std::stop_token& stop);

// The same as work that takes long; `lazy` is null if there is no encoder.
SlowWork SlowEmbedding(EmbeddingWork work, std::shared_ptr<LazyEncoder> lazy);

// A vector as its little-endian float32s in base64, which OpenAI's clients ask
// for.
std::string Base64Of(const std::vector<float>& vector);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_EMBEDDINGS_H_
