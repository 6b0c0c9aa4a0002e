// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_CHAT_HINTS_H_
#define KRAIT_ENGINE_MODEL_CHAT_HINTS_H_

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/error.h"

namespace krait::engine {

class GgufFile;

// How its makers want a model's answers drawn, as far as the file says so.
struct SamplingHints {
  std::optional<float> temperature;  // 0: always the likeliest token
  std::optional<size_t> top_k;       // 0: off
  std::optional<float> top_p;
  std::optional<float> min_p;
  std::optional<float> repetition_penalty;
};

// What a model's file says of chatting with it.
struct ChatHints {
  // Its chat template: a program in Jinja (chat_template.h).
  std::optional<std::string> jinja;
  SamplingHints sampling;
};

// GGUF keys tokenizer.chat_template and general.sampling.*. Errors name file
// and key, and what was expected.
Result<ChatHints> ReadChatHints(const GgufFile& gguf);
// The same of a model's path, as Model::Load takes it. A directory has the
// template in chat_template.jinja or in tokenizer_config.json, and the sampling
// in generation_config.json; each may be missing.
Result<ChatHints> ReadChatHints(const std::filesystem::path& path);

// generation_config.json and tokenizer_config.json; `name` begins messages.
Result<SamplingHints> ParseGenerationConfig(std::string_view json,
                                            const std::string& name);
// A template may have a name; the default one counts.
Result<std::optional<std::string>> ParseChatTemplate(std::string_view json,
                                                     const std::string& name);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_CHAT_HINTS_H_
