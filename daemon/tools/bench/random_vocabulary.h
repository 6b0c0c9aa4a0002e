// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_RANDOM_VOCABULARY_H_
#define KRAIT_DAEMON_TOOLS_BENCH_RANDOM_VOCABULARY_H_

#include <cstddef>

#include "engine/model/gguf_writer.h"

namespace krait::daemon {

// Adds a synthetic SentencePiece vocabulary of `size` pieces (at least 1024):
// controls, bytes, printable ASCII, pairs of letters, runs of spaces, and
// made-up words to fill it. Enough to encode any text and to be loaded.
void AddRandomVocabulary(size_t size, engine::GgufWriter* writer);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_RANDOM_VOCABULARY_H_
