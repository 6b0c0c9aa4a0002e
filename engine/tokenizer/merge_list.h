// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_MERGE_LIST_H_
#define KRAIT_ENGINE_TOKENIZER_MERGE_LIST_H_

#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/vocabulary.h"

namespace krait::engine {

// Adds the merge of two tokens, given by name, with the next rank. Fails if a
// part or the merged token is not in the vocabulary; `where` names the file and
// the merge in the message.
Status AddNamedMerge(const Vocabulary& vocabulary, std::string_view left,
                     std::string_view right, std::string_view where,
                     std::vector<ListedMerge>* merges);

// The same for both names in one string with a space between.
Status AddSpacedMerge(const Vocabulary& vocabulary, std::string_view both,
                      std::string_view where, std::vector<ListedMerge>* merges);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_MERGE_LIST_H_
