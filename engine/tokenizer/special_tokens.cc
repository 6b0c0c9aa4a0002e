// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/special_tokens.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "engine/file/printable.h"
#include "engine/tokenizer/unicode.h"

namespace krait::engine {
namespace {

// SentencePiece's own file of Code Llama has these as ordinary pieces; no text
// that is not about it has them as words.
constexpr std::string_view kCodeLlamaPrefix = "▁<PRE>";
constexpr std::string_view kCodeLlamaSuffix = "▁<SUF>";
constexpr std::string_view kCodeLlamaMiddle = "▁<MID>";
constexpr std::string_view kCodeLlamaEnd = "▁<EOT>";

using Names = std::span<const std::string_view>;

// A family's FIM tokens, the order in which it was trained, and what stands
// between files and repositories where it was trained with several.
struct FimFamily {
  std::string_view name;
  std::string_view prefix;
  std::string_view suffix;
  std::string_view middle;
  FimOrder order;
  std::array<std::string_view, 3> files = {};  // any of these; empty: none
  std::array<std::string_view, 2> repositories = {};
};
constexpr std::array kFimFamilies = {
    // Mellum has StarCoder's names in the other order, which the readers tell
    // by its pre-tokenizer.
    FimFamily{"StarCoder, Granite 3, Mellum",
              "<fim_prefix>",
              "<fim_suffix>",
              "<fim_middle>",
              FimOrder::kPsm,
              {"<file_sep>", "<filename>"},
              {"<repo_name>", "<reponame>"}},
    FimFamily{"Qwen2.5-Coder, Granite 4, CodeGemma",
              "<|fim_prefix|>",
              "<|fim_suffix|>",
              "<|fim_middle|>",
              FimOrder::kPsm,
              {"<|file_sep|>", "<|filename|>", "<|file_separator|>"},
              {"<|repo_name|>", "<|reponame|>"}},
    FimFamily{"SantaCoder", "<fim-prefix>", "<fim-suffix>", "<fim-middle>",
              FimOrder::kPsm},
    FimFamily{"Code Llama", "<PRE>", "<SUF>", "<MID>", FimOrder::kPsm},
    FimFamily{"Code Llama", kCodeLlamaPrefix, kCodeLlamaSuffix,
              kCodeLlamaMiddle, FimOrder::kPsm},
    FimFamily{"Falcon-H1-Tiny-Coder",
              "<|prefix|>",
              "<|suffix|>",
              "<|middle|>",
              FimOrder::kPsm,
              {"<|filename|>"}},
    FimFamily{"DeepSeek-Coder", "<｜fim▁begin｜>", "<｜fim▁hole｜>",
              "<｜fim▁end｜>", FimOrder::kPsm},
    FimFamily{"GLM", "<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>",
              FimOrder::kNone},
    FimFamily{"Seed-Coder", "<[fim-prefix]>", "<[fim-suffix]>",
              "<[fim-middle]>", FimOrder::kSpm},
    // Mistral's vocabulary is that of models that never saw these, too.
    FimFamily{"Mistral", "[PREFIX]", "[SUFFIX]", "[MIDDLE]", FimOrder::kNone},
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
constexpr std::array<std::string_view, 16> kOthers = {
    "<|fim_pad|>",  "<fim_pad>",    "<[fim-pad]>", "<|repo_name|>",
    "<|reponame|>", "<reponame>",   "<repo_name>", "<|file_sep|>",
    "<file_sep>",   "<|filename|>", "<filename>",  "<|file_separator|>",
    "<pad>",        "<|pad|>",      kCodeLlamaEnd, "<EOT>"};
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

bool IsCodeLlamas(std::string_view name) {
  return name == kCodeLlamaPrefix || name == kCodeLlamaSuffix ||
         name == kCodeLlamaMiddle || name == kCodeLlamaEnd;
}

bool MayHaveRole(std::string_view name, TokenType type) {
  return type == TokenType::kControl || type == TokenType::kUserDefined ||
         type == TokenType::kUnknown ||
         (type == TokenType::kNormal && IsCodeLlamas(name));
}

void MakeControl(TokenId id, Vocabulary* vocabulary) {
  const TokenType type = vocabulary->Type(id);
  if (type == TokenType::kUserDefined || IsCodeLlamas(vocabulary->Name(id))) {
    vocabulary->SetType(id, TokenType::kControl);
  }
}

void Resolve(Names names, Vocabulary* vocabulary, std::optional<TokenId>* id) {
  if (*id && **id >= vocabulary->size()) id->reset();
  for (const std::string_view name : names) {
    if (*id) break;
    const auto found = vocabulary->Find(name);
    if (found && MayHaveRole(name, vocabulary->Type(*found))) *id = found;
  }
  if (*id) MakeControl(**id, vocabulary);
}

void Resolve(std::string_view name, Vocabulary* vocabulary,
             std::optional<TokenId>* id) {
  Resolve({&name, 1}, vocabulary, id);
}

bool HasAll(const FimFamily& family, const Vocabulary& vocabulary) {
  return vocabulary.Find(family.prefix) && vocabulary.Find(family.suffix) &&
         vocabulary.Find(family.middle);
}

bool IsOf(const FimFamily& family, const Vocabulary& vocabulary,
          const SpecialTokens& special) {
  return vocabulary.Find(family.prefix) == special.fim_prefix &&
         vocabulary.Find(family.suffix) == special.fim_suffix &&
         vocabulary.Find(family.middle) == special.fim_middle;
}

void SetFamily(const FimFamily& family, Vocabulary* vocabulary,
               SpecialTokens* special) {
  if (!special->fim_family.empty()) return;
  special->fim_family = family.name;
  special->fim_order = family.order;
  Resolve(family.files, vocabulary, &special->fim_file_separator);
  Resolve(family.repositories, vocabulary, &special->fim_repository_separator);
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
      if (complete && IsOf(family, *vocabulary, *special)) {
        SetFamily(family, vocabulary, special);
      }
    }
  }
}

// Text falls back to such tokens where it has no longer ones.
bool IsOfOneCharacter(std::string_view name) {
  return name.size() <= 1 || DecodeUtf8(name, 0).size == name.size();
}

// Makes the token that somebody named a control token, so that no text holds
// it.
Status ResolveNamed(std::string_view key, const std::string& name,
                    const std::string& source, Vocabulary* vocabulary,
                    std::optional<TokenId>* id) {
  if (name.empty()) return {};
  *id = vocabulary->Find(name);
  if (!*id) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: fim.{}: the vocabulary has no token '{}'",
                                 source, key, Printable(name)));
  }
  if (vocabulary->Type(**id) == TokenType::kByte || IsOfOneCharacter(name)) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{}: fim.{}: text cannot do without '{}', a token of one "
                    "character",
                    source, key, Printable(name)));
  }
  vocabulary->SetType(**id, TokenType::kControl);
  return {};
}

Status ResolveChoice(const FimChoice& fim, const std::string& source,
                     Vocabulary* vocabulary, SpecialTokens* special) {
  special->fim_training = fim.order;
  struct Named {
    std::string_view key;
    const std::string* name;
    std::optional<TokenId>* id;
  };
  const Named named[] = {
      {"prefix_token", &fim.prefix_token, &special->fim_prefix},
      {"suffix_token", &fim.suffix_token, &special->fim_suffix},
      {"middle_token", &fim.middle_token, &special->fim_middle},
      {"file_token", &fim.file_token, &special->fim_file},
      {"file_separator_token", &fim.file_separator_token,
       &special->fim_file_separator},
      {"repository_separator_token", &fim.repository_separator_token,
       &special->fim_repository_separator},
  };
  for (const auto& [key, name, id] : named) {
    auto status = ResolveNamed(key, *name, source, vocabulary, id);
    if (!status) return status;
  }
  for (const std::string& name : fim.stop_tokens) {
    std::optional<TokenId> unused;
    auto status =
        ResolveNamed("stop_tokens", name, source, vocabulary, &unused);
    if (!status) return status;
  }
  return {};
}

}  // namespace

Status ResolveSpecialTokens(const FimChoice& fim, const std::string& source,
                            Vocabulary* vocabulary, SpecialTokens* special) {
  auto chosen = ResolveChoice(fim, source, vocabulary, special);
  if (!chosen) return chosen;
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
  return {};
}

}  // namespace krait::engine
