// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/pre_tokenizer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/tokenizer/split_rules.h"

namespace krait::engine {
namespace {

using Rules = std::vector<SplitRule>;

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kGpt2PatternGrouped =
    R"('(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen35Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kSeedCoderPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekkenPattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

struct GgufName {
  std::string_view name;
  Rules rules;
  // See GgufPreTokenizer; the same names have both.
  bool whole_words_and_bos = false;
  bool nfc = false;
};

const std::vector<GgufName>& GgufNames() {
  using enum SplitRule;
  static const std::vector<GgufName> names = {
      {"gpt-2", {kGpt2}},
      {"gpt2", {kGpt2}},
      {"gpt-neox", {kGpt2}},
      {"olmo", {kGpt2}},
      {"mpt", {kGpt2}},
      {"phi-2", {kGpt2}},
      {"mellum", {kGpt2}},
      {"gigachat", {kGpt2}},
      {"modern-bert", {kGpt2}},
      {"jina-es", {kGpt2}},
      {"jina-de", {kGpt2}},
      {"jina-v1-en", {kGpt2}},
      {"jina-v2-code", {kGpt2}},
      {"jina-v2-de", {kGpt2}},
      {"jina-v2-es", {kGpt2}},
      {"starcoder", {kDigits, kGpt2}},
      {"refact", {kDigits, kGpt2}},
      {"smollm", {kDigits, kGpt2}},
      {"codeshell", {kDigits, kGpt2}},
      {"command-r", {kDigits, kGpt2}},
      {"exaone", {kDigits, kGpt2}},
      {"minerva-7b", {kDigits, kGpt2}},
      {"mellum2", {kDigits, kGpt2}},
      {"llama3", {kLlama3}, true},
      {"llama-v3", {kLlama3}, true},
      {"llama-bpe", {kLlama3}, true},
      {"falcon3", {kLlama3}, true},
      {"falcon-h1", {kLlama3}, true},
      {"pixtral", {kLlama3}, true},
      {"midm-2.0", {kLlama3}, true},
      {"lfm2", {kLlama3}, true},
      {"dbrx", {kLlama3}},
      {"smaug-bpe", {kLlama3}},
      {"qwen2", {kQwen2}, false, true},
      {"stablelm2", {kQwen2}},
      {"hunyuan", {kQwen2}},
      {"deepseek-r1-qwen", {kQwen2}},
      {"qwen35", {kQwen35}, false, true},
      {"seed-coder", {kSeedCoder}},
      {"tekken", {kTekken}, true},
      {"deepseek-coder",
       {kNewlines, kSpaceLetters, kSpacePunctuation, kCjk, kDigits}},
  };
  return names;
}

}  // namespace

void PreTokenizer::Split(std::string_view text,
                         std::vector<size_t>* ends) const {
  const size_t first = ends->size();
  if (!text.empty()) ends->push_back(text.size());
  std::vector<size_t> coarse;
  for (const SplitRule rule : rules_) {
    coarse.assign(ends->begin() + static_cast<ptrdiff_t>(first), ends->end());
    ends->resize(first);
    size_t begin = 0;
    for (const size_t end : coarse) {
      const std::string_view piece = text.substr(begin, end - begin);
      for (size_t pos = 0; pos < piece.size();) {
        pos = NextPieceEnd(rule, piece, pos);
        ends->push_back(begin + pos);
      }
      begin = end;
    }
  }
}

std::optional<SplitRule> PreTokenizer::RuleOfPattern(std::string_view pattern) {
  static constexpr std::array<std::pair<std::string_view, SplitRule>, 13>
      kPatterns = {{
          {kGpt2Pattern, SplitRule::kGpt2},
          {kGpt2PatternGrouped, SplitRule::kGpt2},
          {kLlama3Pattern, SplitRule::kLlama3},
          {kQwen2Pattern, SplitRule::kQwen2},
          {kQwen35Pattern, SplitRule::kQwen35},
          {kSeedCoderPattern, SplitRule::kSeedCoder},
          {kTekkenPattern, SplitRule::kTekken},
          {R"(\p{N})", SplitRule::kDigits},
          {"[\r\n]", SplitRule::kNewlines},
          {R"([\r\n])", SplitRule::kNewlines},
          {R"(\s?\p{L}+)", SplitRule::kSpaceLetters},
          {R"(\s?\p{P}+)", SplitRule::kSpacePunctuation},
          {"[一-龥ࠀ-一가-퟿]+", SplitRule::kCjk},
      }};
  for (const auto& [known, rule] : kPatterns) {
    if (known == pattern) return rule;
  }
  return std::nullopt;
}

std::optional<GgufPreTokenizer> FindGgufPreTokenizer(std::string_view name) {
  for (const GgufName& known : GgufNames()) {
    if (known.name != name) continue;
    return GgufPreTokenizer{.rules = PreTokenizer(known.rules),
                            .whole_words_first = known.whole_words_and_bos,
                            .adds_bos = known.whole_words_and_bos,
                            .nfc = known.nfc};
  }
  return std::nullopt;
}

}  // namespace krait::engine
