// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json whose model is WordPiece, as Hugging Face's BERT has it.
#include <fmt/format.h>

#include <utility>

#include "engine/tokenizer/word_piece_tokenizer.h"

namespace krait::engine {
namespace {

class WordPieceParser {
 public:
  WordPieceParser(const JsonFields& root, JsonFields model)
      : root_(root), model_(std::move(model)) {
    spec_.source = root.file();
  }

  Result<std::unique_ptr<Tokenizer>> Parse() {
    for (const auto step :
         {&WordPieceParser::ReadModel, &WordPieceParser::ReadVocab,
          &WordPieceParser::ReadNormalizer,
          &WordPieceParser::CheckPreTokenizer}) {
      if (auto status = (this->*step)(); !status) return status.error();
    }
    return WordPieceTokenizer::Create(std::move(spec_));
  }

 private:
  Status ReadModel() {
    const auto unknown = model_.FindString("unk_token");
    if (!unknown) return unknown.error();
    unknown_ = unknown->value_or("[UNK]");
    const auto prefix = model_.FindString("continuing_subword_prefix");
    if (!prefix) return prefix.error();
    if (*prefix && **prefix != "##") {
      return root_.NotYet(
          fmt::format("model.continuing_subword_prefix '{}'", **prefix));
    }
    const auto most = model_.FindUint("max_input_chars_per_word");
    if (!most) return most.error();
    spec_.most_characters =
        static_cast<size_t>(std::min<uint64_t>(most->value_or(100), 10'000));
    return {};
  }

  Status ReadVocab() {
    const auto vocab = model_.RequireObject("vocab");
    if (!vocab) return vocab.error();
    std::vector<std::string_view> names(vocab->object().size());
    size_t count = 0;
    for (const auto field : vocab->object()) {
      uint64_t id = 0;
      if (field.value.get(id) != simdjson::SUCCESS || id >= names.size() ||
          !names[id].empty() || field.key.empty()) {
        return vocab->Mismatch(
            field.key, fmt::format("an id of its own below {}", names.size()));
      }
      names[id] = field.key;
      ++count;
    }
    if (count == 0) return model_.Wrong("vocab", "is empty");
    for (const std::string_view name : names) {
      spec_.vocabulary.Add(name, TokenType::kNormal);
    }
    AssignRoles();
    return {};
  }

  void AssignRoles() {
    Vocabulary& vocabulary = spec_.vocabulary;
    const auto mark = [&](std::string_view name, TokenType type) {
      const auto id = vocabulary.Find(name);
      if (id) vocabulary.SetType(*id, type);
      return id;
    };
    spec_.special.unknown = mark(unknown_, TokenType::kUnknown);
    spec_.special.bos = mark("[CLS]", TokenType::kControl);
    spec_.special.eos = mark("[SEP]", TokenType::kControl);
    mark("[PAD]", TokenType::kControl);
    mark("[MASK]", TokenType::kControl);
    spec_.special.add_bos = spec_.special.bos.has_value();
  }

  Status ReadNormalizer() {
    const auto normalizer = root_.FindObject("normalizer");
    if (!normalizer) return normalizer.error();
    if (!*normalizer) {
      spec_.lowercase = spec_.strip_accents = spec_.clean_text =
          spec_.space_out_chinese = false;
      return {};
    }
    const auto type = (*normalizer)->FindString("type");
    if (!type) return type.error();
    if (type->value_or("") != "BertNormalizer") {
      return root_.NotYet(
          fmt::format("normalizer.type {}", type->value_or("(none)")));
    }
    const std::pair<const char*, bool*> flags[] = {
        {"lowercase", &spec_.lowercase},
        {"clean_text", &spec_.clean_text},
        {"handle_chinese_chars", &spec_.space_out_chinese}};
    for (const auto& [key, flag] : flags) {
      const auto value = (*normalizer)->FindBool(key);
      if (!value) return value.error();
      *flag = value->value_or(*flag);
    }
    const auto accents = (*normalizer)->FindBool("strip_accents");
    if (!accents) return accents.error();
    spec_.strip_accents = accents->value_or(spec_.lowercase);
    return {};
  }

  Status CheckPreTokenizer() {
    const auto pre = root_.FindObject("pre_tokenizer");
    if (!pre) return pre.error();
    const auto type = *pre ? (*pre)->FindString("type")
                           : Result<std::optional<std::string>>(std::nullopt);
    if (!type) return type.error();
    if (type->value_or("") == "BertPreTokenizer") return {};
    return root_.NotYet(
        fmt::format("pre_tokenizer.type {}", type->value_or("(none)")));
  }

  const JsonFields& root_;
  const JsonFields model_;
  std::string unknown_;
  WordPieceSpec spec_;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> ParseWordPieceJson(const JsonFields& root) {
  auto model = root.RequireObject("model");
  if (!model) return model.error();
  return WordPieceParser(root, std::move(*model)).Parse();
}

}  // namespace krait::engine
