// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/special_tokens.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace krait::engine {
namespace {

using Names = std::span<const std::string_view>;

// In the order of the families: Mistral, StarCoder, Qwen2.5-Coder and
// CodeGemma, InCoder and Granite, Code Llama (two spellings), DeepSeek-Coder,
// GLM and others.
constexpr std::array<std::string_view, 9> kPrefixNames = {
    "[PREFIX]", "<fim_prefix>", "<|fim_prefix|>",  "<fim-prefix>",   "<PRE>",
    "▁<PRE>",   "<|prefix|>",   "<｜fim▁begin｜>", "<|code_prefix|>"};
constexpr std::array<std::string_view, 9> kSuffixNames = {
    "[SUFFIX]", "<fim_suffix>", "<|fim_suffix|>", "<fim-suffix>",   "<SUF>",
    "▁<SUF>",   "<|suffix|>",   "<｜fim▁hole｜>", "<|code_suffix|>"};
constexpr std::array<std::string_view, 9> kMiddleNames = {
    "[MIDDLE]", "<fim_middle>", "<|fim_middle|>", "<fim-middle>",   "<MID>",
    "▁<MID>",   "<|middle|>",   "<｜fim▁end｜>",  "<|code_middle|>"};
constexpr std::array<std::string_view, 4> kBosNames = {
    "<s>", "<|begin_of_text|>", "<｜begin▁of▁sentence｜>", "<|endoftext|>"};
constexpr std::array<std::string_view, 5> kEosNames = {
    "</s>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<|EOT|>",
    "<|endoftext|>"};
constexpr std::array<std::string_view, 1> kUnknownNames = {"<unk>"};

bool MayHaveRole(TokenType type) {
  return type == TokenType::kControl || type == TokenType::kUserDefined ||
         type == TokenType::kUnknown;
}

void Resolve(Names names, Vocabulary* vocabulary, std::optional<TokenId>* id) {
  if (*id && **id >= vocabulary->size()) id->reset();
  for (const std::string_view name : names) {
    if (*id) break;
    const auto found = vocabulary->Find(name);
    if (found && MayHaveRole(vocabulary->Type(*found))) *id = found;
  }
  if (*id && vocabulary->Type(**id) == TokenType::kUserDefined) {
    vocabulary->SetType(**id, TokenType::kControl);
  }
}

}  // namespace

void ResolveSpecialTokens(Vocabulary* vocabulary, SpecialTokens* special) {
  Resolve(kBosNames, vocabulary, &special->bos);
  Resolve(kEosNames, vocabulary, &special->eos);
  Resolve(kUnknownNames, vocabulary, &special->unknown);
  Resolve(kPrefixNames, vocabulary, &special->fim_prefix);
  Resolve(kSuffixNames, vocabulary, &special->fim_suffix);
  Resolve(kMiddleNames, vocabulary, &special->fim_middle);
}

}  // namespace krait::engine
