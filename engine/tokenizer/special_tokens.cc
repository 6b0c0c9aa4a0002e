// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/special_tokens.h"

#include <array>
#include <optional>
#include <span>
#include <string_view>

namespace krait::engine {
namespace {

using Names = std::span<const std::string_view>;

// A family's FIM tokens, and the order in which it was trained.
struct FimFamily {
  std::string_view prefix;
  std::string_view suffix;
  std::string_view middle;
  FimOrder order;
};
constexpr std::array kFimFamilies = {
    // StarCoder, Granite 3, SmolLM, and Mellum (whose order the
    // readers tell by its pre-tokenizer).
    FimFamily{"<fim_prefix>", "<fim_suffix>", "<fim_middle>", FimOrder::kPsm},
    // Qwen2.5-Coder, Granite 4, CodeGemma.
    FimFamily{"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>",
              FimOrder::kPsm},
    // SantaCoder.
    FimFamily{"<fim-prefix>", "<fim-suffix>", "<fim-middle>", FimOrder::kPsm},
    // Code Llama, in two spellings.
    FimFamily{"<PRE>", "<SUF>", "<MID>", FimOrder::kPsm},
    FimFamily{"▁<PRE>", "▁<SUF>", "▁<MID>", FimOrder::kPsm},
    // Falcon-H1-Tiny-Coder.
    FimFamily{"<|prefix|>", "<|suffix|>", "<|middle|>", FimOrder::kPsm},
    // DeepSeek-Coder.
    FimFamily{"<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>",
              FimOrder::kPsm},
    // GLM.
    FimFamily{"<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>",
              FimOrder::kNone},
    // Seed-Coder.
    FimFamily{"<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>",
              FimOrder::kSpm},
    // Mistral's vocabulary is that of models that never saw these, too.
    FimFamily{"[PREFIX]", "[SUFFIX]", "[MIDDLE]", FimOrder::kNone},
};
constexpr std::array<std::string_view, 5> kBosNames = {
    "<s>", "<|begin_of_text|>", "<｜begin▁of▁sentence｜>",
    "<[begin▁of▁sentence]>", "<|endoftext|>"};
constexpr std::array<std::string_view, 6> kEosNames = {
    "</s>",    "<|end_of_text|>",     "<｜end▁of▁sentence｜>",
    "<|EOT|>", "<[end▁of▁sentence]>", "<|endoftext|>"};
constexpr std::array<std::string_view, 1> kUnknownNames = {"<unk>"};
// Those that stand between files, or fill up a batch: no role in a prompt of
// krait's, but never text, and where a model says one, it has come to an end.
constexpr std::array<std::string_view, 12> kOthers = {
    "<|fim_pad|>",        "<fim_pad>",   "<[fim-pad]>",  "<|repo_name|>",
    "<reponame>",         "<repo_name>", "<|file_sep|>", "<file_sep>",
    "<|file_separator|>", "<filename>",  "<pad>",        "<|pad|>"};
// Those of chat templates (chat_template.h), for the same reason: some files
// have them as user-defined tokens, which text could contain.
constexpr std::array<std::string_view, 12> kChatControls = {
    "<|im_start|>",
    "<|im_end|>",
    "<|start_of_role|>",
    "<|end_of_role|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "[INST]",
    "[/INST]",
    "<|system|>",
    "<|user|>",
    "<|assistant|>"};

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

void Resolve(std::string_view name, Vocabulary* vocabulary,
             std::optional<TokenId>* id) {
  Resolve({&name, 1}, vocabulary, id);
}

bool HasAll(const FimFamily& family, const Vocabulary& vocabulary) {
  return vocabulary.Find(family.prefix) && vocabulary.Find(family.suffix) &&
         vocabulary.Find(family.middle);
}

// The first family whose tokens are all there; of an incomplete one those that
// there are.
void ResolveFim(Vocabulary* vocabulary, SpecialTokens* special) {
  for (const bool complete : {true, false}) {
    for (const FimFamily& family : kFimFamilies) {
      if (complete && !HasAll(family, *vocabulary)) continue;
      Resolve(family.prefix, vocabulary, &special->fim_prefix);
      Resolve(family.suffix, vocabulary, &special->fim_suffix);
      Resolve(family.middle, vocabulary, &special->fim_middle);
      if (complete && vocabulary->Find(family.prefix) == special->fim_prefix &&
          special->fim_order == FimOrder::kNone) {
        special->fim_order = family.order;
      }
    }
  }
}

}  // namespace

void ResolveSpecialTokens(Vocabulary* vocabulary, SpecialTokens* special) {
  Resolve(kBosNames, vocabulary, &special->bos);
  Resolve(kEosNames, vocabulary, &special->eos);
  Resolve(kUnknownNames, vocabulary, &special->unknown);
  ResolveFim(vocabulary, special);
  for (const auto names : {Names(kOthers), Names(kChatControls)}) {
    for (const std::string_view name : names) {
      std::optional<TokenId> unused;
      Resolve(name, vocabulary, &unused);
    }
  }
}

}  // namespace krait::engine
