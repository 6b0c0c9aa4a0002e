// SPDX-License-Identifier: Apache-2.0
// Tokenizer::FromGguf: the tokenizer.ggml.* keys.
//
// Most files do not say whether text is brought into normalisation form C
// before byte-level BPE. llama.cpp never does; Hugging Face's tokenizers of
// Qwen and of GPT-NeoX, by which such models were trained, always do. Qwen's is
// known by its name, GPT-NeoX's by its mark: user-defined tokens that are runs
// of spaces.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "engine/file/gguf.h"
#include "engine/tokenizer/byte_level_tokenizer.h"
#include "engine/tokenizer/merge_list.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/word_piece_tokenizer.h"

namespace krait::engine {
namespace {

constexpr std::string_view kKeys = "tokenizer.ggml.";

bool IsRunOfSpaces(std::string_view text) {
  return text.size() > 1 && text.find_first_not_of(' ') == text.npos;
}

class GgufTokenizerReader {
 public:
  GgufTokenizerReader(const GgufFile& gguf, const FimChoice& fim)
      : gguf_(gguf), fim_(fim) {}

  Result<std::unique_ptr<Tokenizer>> Read() {
    const auto model = gguf_.FindString(Key("model"));
    if (!model) return model.error();
    if (!*model) {
      return Bad("model", "expected \"llama\", \"gpt2\" or \"bert\", missing");
    }
    if (**model != "llama" && **model != "gpt2" && **model != "bert") {
      return Unsupported(fmt::format("{}model \"{}\"", kKeys, **model));
    }
    if (auto status = ReadTokens(); !status) return status.error();
    if (auto status = ReadTypes(); !status) return status.error();
    if (**model == "bert") return MakeWordPiece();
    if (auto status = ReadSpecial(); !status) return status.error();
    return **model == "llama" ? MakeSentencePiece() : MakeByteLevel();
  }

 private:
  static std::string Key(std::string_view name) {
    return std::string(kKeys).append(name);
  }
  Error Bad(std::string_view key, std::string_view problem) const {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: {}{}: {}", gguf_.name(), kKeys, key, problem));
  }
  Error Unsupported(std::string_view what) const {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("{}: not supported yet: {}", gguf_.name(), what));
  }

  Status ReadTokens() {
    const auto tokens = gguf_.FindArray(Key("tokens"));
    if (!tokens) return tokens.error();
    if (*tokens == nullptr || (*tokens)->strings.empty()) {
      return Bad("tokens", "expected an array of strings that is not empty");
    }
    for (const std::string_view name : (*tokens)->strings) {
      if (!vocabulary_.Add(name, TokenType::kNormal)) {
        return Bad("tokens", fmt::format("token {} is the same as an earlier "
                                         "one",
                                         vocabulary_.size() - 1));
      }
    }
    return {};
  }

  Status ReadTypes() {
    const auto types = gguf_.FindArray(Key("token_type"));
    if (!types) return types.error();
    if (*types == nullptr) return {};
    std::vector<int64_t> values = (*types)->ints;
    for (const uint64_t value : (*types)->uints) {
      values.push_back(value > 6 ? 0 : static_cast<int64_t>(value));
    }
    if (values.size() != vocabulary_.size()) {
      return Bad("token_type",
                 fmt::format("expected {} integers, one for each token",
                             vocabulary_.size()));
    }
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i] < 1 || values[i] > 6) {
        return Bad("token_type", fmt::format("token {} has type {}, expected 1 "
                                             "to 6",
                                             i, values[i]));
      }
      vocabulary_.SetType(static_cast<TokenId>(i),
                          static_cast<TokenType>(values[i]));
    }
    return {};
  }

  // Ids outside of the vocabulary count as not given: some converters write
  // 2^32 - 1 for "none".
  Status ReadId(std::string_view key, std::optional<TokenId>* id) {
    if (*id) return {};
    const auto value = gguf_.FindUint(Key(key));
    if (!value) return value.error();
    if (*value && **value < vocabulary_.size()) {
      *id = static_cast<TokenId>(**value);
    }
    return {};
  }

  Status ReadSpecial() {
    const std::pair<std::string_view, std::optional<TokenId>*> ids[] = {
        {"bos_token_id", &special_.bos},
        {"eos_token_id", &special_.eos},
        {"unknown_token_id", &special_.unknown},
        {"fim_pre_token_id", &special_.fim_prefix},
        {"fim_suf_token_id", &special_.fim_suffix},
        {"fim_mid_token_id", &special_.fim_middle},
        // deprecated names of the three
        {"prefix_token_id", &special_.fim_prefix},
        {"suffix_token_id", &special_.fim_suffix},
        {"middle_token_id", &special_.fim_middle},
    };
    for (const auto& [key, id] : ids) {
      if (auto status = ReadId(key, id); !status) return status;
    }
    return ResolveSpecialTokens(fim_, gguf_.name(), &vocabulary_, &special_);
  }

  // The ids that SentencePiece's trainer gives these roles to, for files that
  // neither say nor write them in a usual way.
  void AssumeSentencePieceIds() {
    const std::pair<TokenId, std::optional<TokenId>*> usual[] = {
        {0, &special_.unknown}, {1, &special_.bos}, {2, &special_.eos}};
    for (const auto& [id, role] : usual) {
      if (!*role && id < vocabulary_.size() &&
          vocabulary_.Type(id) != TokenType::kNormal) {
        *role = id;
      }
    }
  }

  Result<bool> FlagOr(std::string_view key, bool fallback) const {
    const auto value = gguf_.FindBool(Key(key));
    if (!value) return value.error();
    return value->value_or(fallback);
  }

  Result<std::unique_ptr<Tokenizer>> MakeSentencePiece() {
    const auto scores = gguf_.FindArray(Key("scores"));
    if (!scores) return scores.error();
    if (*scores == nullptr || (*scores)->floats.size() != vocabulary_.size()) {
      return Bad("scores",
                 fmt::format("expected {} numbers, one for each token",
                             vocabulary_.size()));
    }
    const auto add_bos = FlagOr("add_bos_token", true);
    if (!add_bos) return add_bos.error();
    const auto add_space = FlagOr("add_space_prefix", true);
    if (!add_space) return add_space.error();
    const auto removes = FlagOr("remove_extra_whitespaces", false);
    if (!removes) return removes.error();
    AssumeSentencePieceIds();
    special_.add_bos = *add_bos && special_.bos.has_value();
    SentencePieceSpec spec;
    spec.source = gguf_.name() + ": " + Key("tokens");
    for (const double score : (*scores)->floats) {
      spec.scores.push_back(static_cast<float>(score));
    }
    spec.vocabulary = std::move(vocabulary_);
    spec.special = special_;
    spec.add_dummy_prefix = *add_space;
    spec.remove_extra_spaces = *removes;
    return SentencePieceTokenizer::Create(std::move(spec));
  }

  Result<std::unique_ptr<Tokenizer>> MakeByteLevel() {
    const auto pre = gguf_.FindString(Key("pre"));
    if (!pre) return pre.error();
    const std::string pre_name = pre->value_or("gpt-2");
    auto known = FindGgufPreTokenizer(pre_name);
    if (!known) {
      return Unsupported(
          fmt::format("pre-tokenizer \"{}\" ({}pre)", pre_name, kKeys));
    }
    const auto add_bos = FlagOr("add_bos_token", known->adds_bos);
    if (!add_bos) return add_bos.error();
    const auto add_space = FlagOr("add_space_prefix", false);
    if (!add_space) return add_space.error();
    const auto nfc = FlagOr("normalizer.nfc", known->nfc || HasRunsOfSpaces());
    if (!nfc) return nfc.error();
    ByteLevelSpec spec;
    if (auto status = ReadMerges(&spec.merges); !status) return status.error();
    special_.add_bos = *add_bos && special_.bos.has_value();
    CorrectOrderOfMellum(pre_name == "mellum", &special_);
    spec.source = gguf_.name() + ": " + Key("tokens");
    spec.pre_tokenizer = std::move(known->rules);
    spec.normalize_nfc = *nfc;
    spec.add_prefix_space = *add_space;
    spec.whole_words_first = known->whole_words_first;
    spec.vocabulary = std::move(vocabulary_);
    spec.special = special_;
    return ByteLevelTokenizer::Create(std::move(spec));
  }

  // Files do not say how text is normalised: by the names there are.
  Result<std::unique_ptr<Tokenizer>> MakeWordPiece() {
    const std::pair<std::string_view, std::optional<TokenId>*> ids[] = {
        {"cls_token_id", &special_.bos},
        {"bos_token_id", &special_.bos},
        {"seperator_token_id", &special_.eos},  // sic
        {"separator_token_id", &special_.eos},
        {"unknown_token_id", &special_.unknown},
    };
    for (const auto& [key, id] : ids) {
      if (auto status = ReadId(key, id); !status) return status.error();
    }
    if (!special_.bos) special_.bos = vocabulary_.Find("[CLS]");
    if (!special_.eos) special_.eos = vocabulary_.Find("[SEP]");
    if (!special_.unknown) special_.unknown = vocabulary_.Find("[UNK]");
    if (special_.unknown) {
      vocabulary_.SetType(*special_.unknown, TokenType::kUnknown);
    }
    for (const auto& id : {special_.bos, special_.eos}) {
      if (id) vocabulary_.SetType(*id, TokenType::kControl);
    }
    special_.add_bos = special_.bos.has_value();
    WordPieceSpec spec;
    spec.source = gguf_.name() + ": " + Key("tokens");
    spec.lowercase = spec.strip_accents = !HasCapitals();
    spec.vocabulary = std::move(vocabulary_);
    spec.special = special_;
    spec.marks_begins = true;
    return WordPieceTokenizer::Create(std::move(spec));
  }

  bool HasCapitals() const {
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      const std::string_view name = vocabulary_.Name(id);
      if (name.starts_with("\u2581") &&
          std::any_of(name.begin(), name.end(),
                      [](char c) { return c >= 'A' && c <= 'Z'; })) {
        return true;
      }
    }
    return false;
  }

  Status ReadMerges(std::vector<ListedMerge>* merges) const {
    const auto list = gguf_.FindArray(Key("merges"));
    if (!list) return list.error();
    if (*list == nullptr) return Bad("merges", "expected an array of strings");
    for (const std::string_view both : (*list)->strings) {
      const std::string where =
          fmt::format("{}: {}merges[{}]", gguf_.name(), kKeys, merges->size());
      auto status = AddSpacedMerge(vocabulary_, both, where, merges);
      if (!status) return status;
    }
    return {};
  }

  bool HasRunsOfSpaces() const {
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (vocabulary_.Type(id) == TokenType::kUserDefined &&
          IsRunOfSpaces(vocabulary_.Name(id))) {
        return true;
      }
    }
    return false;
  }

  const GgufFile& gguf_;
  const FimChoice& fim_;
  Vocabulary vocabulary_;
  SpecialTokens special_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> Tokenizer::FromGguf(const GgufFile& gguf,
                                                       const FimChoice& fim) {
  return GgufTokenizerReader(gguf, fim).Read();
}

}  // namespace krait::engine
