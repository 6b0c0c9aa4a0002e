// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_JSON_PIPELINE_H_
#define KRAIT_ENGINE_TOKENIZER_JSON_PIPELINE_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/error.h"
#include "engine/file/json_file.h"
#include "engine/tokenizer/pre_tokenizer.h"

namespace krait::engine {

// What tokenizer.json's `normalizer`, `pre_tokenizer` and `post_processor`
// amount to.
struct JsonPipeline {
  // normalizer
  bool nfc = false;
  bool prepend_space_mark = false;
  bool escape_spaces = false;
  // pre_tokenizer
  bool byte_level = false;
  bool add_prefix_space = false;
  std::vector<SplitRule> rules;
  bool metaspace = false;
  bool metaspace_splits = false;
  // post_processor: the name of the token that begins a single sequence.
  std::optional<std::string> first_token;
};

// Fails with "not supported yet" on any step that is not known.
Result<JsonPipeline> ReadJsonPipeline(const JsonFields& root);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_JSON_PIPELINE_H_
