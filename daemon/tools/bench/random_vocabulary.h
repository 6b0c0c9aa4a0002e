// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_RANDOM_VOCABULARY_H_
#define KRAIT_DAEMON_TOOLS_BENCH_RANDOM_VOCABULARY_H_

#include <cstddef>
#include <string_view>

#include "engine/model/gguf_writer.h"

namespace krait::daemon {

// How a family writes its tokens for filling in.
struct FimNames {
  std::string_view prefix;
  std::string_view middle;
  std::string_view suffix;
};

// Adds a synthetic SentencePiece vocabulary of `size` pieces (at least 1024):
// controls, those of `fim`, bytes, printable ASCII, pairs of letters, runs of
// spaces, and made-up words to fill it. Enough to encode any text and to be
// loaded.
void AddRandomVocabulary(size_t size, const FimNames& fim,
                         engine::GgufWriter* writer);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_RANDOM_VOCABULARY_H_
