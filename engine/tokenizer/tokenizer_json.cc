// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/byte_level_tokenizer.h"
#include "engine/tokenizer/json_pipeline.h"
#include "engine/tokenizer/merge_list.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/word_piece_tokenizer.h"

namespace krait::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Ids need not be without holes, but a hole costs memory.
constexpr uint64_t kMaxHoles = 65536;

struct Entry {
  uint64_t id;
  std::string_view name;
  TokenType type = TokenType::kNormal;
};

class JsonParser {
 public:
  JsonParser(const JsonFields& root, JsonFields model, JsonPipeline pipeline)
      : root_(root), model_(std::move(model)), pipeline_(std::move(pipeline)) {}

  Result<std::unique_ptr<Tokenizer>> Parse(const NamedRoles& roles) {
    for (const auto step :
         {&JsonParser::CheckModel, &JsonParser::ReadVocab,
          &JsonParser::ReadAddedTokens, &JsonParser::FillVocabulary,
          &JsonParser::ReadMerges}) {
      if (auto status = (this->*step)(); !status) return status.error();
    }
    if (auto status = AssignRoles(roles); !status) return status.error();
    return pipeline_.byte_level ? MakeByteLevel() : MakeSentencePiece();
  }

 private:
  Status CheckModel() {
    const auto type = model_.FindString("type");
    if (!type) return type.error();
    if (*type && **type != "BPE") {
      return root_.NotYet(
          fmt::format("model.type {}, only BPE and WordPiece", **type));
    }
    for (const char* affix :
         {"continuing_subword_prefix", "end_of_word_suffix"}) {
      const auto text = model_.FindString(affix);
      if (!text) return text.error();
      if (*text && !(*text)->empty()) {
        return root_.NotYet(fmt::format("model.{} '{}'", affix, **text));
      }
    }
    const auto fallback = model_.FindBool("byte_fallback");
    if (!fallback) return fallback.error();
    byte_fallback_ = fallback->value_or(false);
    if (!pipeline_.byte_level && !byte_fallback_) {
      return root_.NotYet(
          "a BPE model that has neither the pre-tokenizer ByteLevel nor "
          "model.byte_fallback");
    }
    const auto unknown = model_.FindString("unk_token");
    if (!unknown) return unknown.error();
    unknown_ = unknown->value_or("");
    return {};
  }

  Status ReadVocab() {
    const auto vocab = model_.RequireObject("vocab");
    if (!vocab) return vocab.error();
    for (const auto field : vocab->object()) {
      uint64_t id = 0;
      if (field.value.get(id) != simdjson::SUCCESS) {
        return vocab->Mismatch(field.key, "an id (an integer from 0 on)");
      }
      entries_.push_back({id, field.key});
    }
    return {};
  }

  Status ReadAddedTokens() {
    const auto found = root_.Find("added_tokens");
    if (!found) return {};
    array tokens;
    if (found->get(tokens) != simdjson::SUCCESS) {
      return root_.Mismatch("added_tokens", "an array");
    }
    size_t index = 0;
    for (const element each : tokens) {
      if (auto status = ReadAddedToken(each, index++); !status) return status;
    }
    return {};
  }

  Status ReadAddedToken(element token, size_t index) {
    const auto wrong = [&](std::string_view what) {
      return root_.Wrong(fmt::format("added_tokens[{}]", index), what);
    };
    object fields;
    if (token.get(fields) != simdjson::SUCCESS) {
      return wrong("expected an object");
    }
    Entry entry{};
    if (fields["id"].get(entry.id) != simdjson::SUCCESS) {
      return wrong("expected 'id', an integer from 0 on");
    }
    if (fields["content"].get(entry.name) != simdjson::SUCCESS ||
        entry.name.empty()) {
      return wrong("expected 'content', a string that is not empty");
    }
    const auto is_set = [&](const char* key) {
      bool value = false;
      return fields[key].get(value) == simdjson::SUCCESS && value;
    };
    const bool special = is_set("special");
    if (!special &&
        (is_set("single_word") || is_set("lstrip") || is_set("rstrip"))) {
      return root_.NotYet(fmt::format(
          "added_tokens[{}] with single_word, lstrip or rstrip", index));
    }
    entry.type = special ? TokenType::kControl : TokenType::kUserDefined;
    added_.push_back(entry);
    return {};
  }

  // Brings all tokens into the order of their ids. Added tokens mostly are in
  // `vocab` too, with the same id.
  Status FillVocabulary() {
    if (entries_.empty()) return model_.Wrong("vocab", "is empty");
    const size_t num_ordinary = entries_.size();
    entries_.insert(entries_.end(), added_.begin(), added_.end());
    uint64_t largest = 0;
    for (const Entry& entry : entries_) largest = std::max(largest, entry.id);
    if (largest >= entries_.size() + kMaxHoles) {
      return model_.Wrong("vocab",
                          fmt::format("{} tokens, but the largest id is {}",
                                      entries_.size(), largest));
    }
    std::vector<const Entry*> by_id(static_cast<size_t>(largest) + 1);
    for (size_t i = 0; i < entries_.size(); ++i) {
      const Entry*& slot = by_id[static_cast<size_t>(entries_[i].id)];
      const bool same = i >= num_ordinary && slot != nullptr &&
                        slot->name == entries_[i].name;
      if (slot != nullptr && !same) {
        return model_.Wrong(
            "vocab", fmt::format("id {} is given twice", entries_[i].id));
      }
      slot = &entries_[i];
    }
    for (const Entry* entry : by_id) {
      const bool added = entry == nullptr
                             ? vocabulary_.Add("", TokenType::kUnused)
                             : vocabulary_.Add(entry->name, TypeOf(*entry));
      if (!added) {
        return model_.Wrong("vocab", fmt::format("token '{}' is given twice",
                                                 entry->name.substr(0, 40)));
      }
    }
    return {};
  }

  TokenType TypeOf(const Entry& entry) const {
    if (!unknown_.empty() && entry.name == unknown_) return TokenType::kUnknown;
    if (entry.type != TokenType::kNormal) return entry.type;
    if (!pipeline_.byte_level && ParseByteName(entry.name)) {
      return TokenType::kByte;
    }
    return TokenType::kNormal;
  }

  Status ReadMerges() {
    const auto found = model_.Find("merges");
    array list;
    if (!found || found->get(list) != simdjson::SUCCESS) {
      return model_.Wrong("merges", "expected an array");
    }
    merges_.reserve(list.size());
    for (const element each : list) {
      if (auto status = ReadMerge(each); !status) return status;
    }
    return {};
  }

  Status ReadMerge(element merge) {
    const std::string where = fmt::format("{}: field 'model.merges[{}]'",
                                          root_.file(), merges_.size());
    std::string_view both;
    if (merge.get(both) == simdjson::SUCCESS) {
      return AddSpacedMerge(vocabulary_, both, where, &merges_);
    }
    array pair;
    std::string_view left;
    std::string_view right;
    if (merge.get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
        pair.at(0).get(left) != simdjson::SUCCESS ||
        pair.at(1).get(right) != simdjson::SUCCESS) {
      return MakeError(ErrorCode::kBadFile,
                       where +
                           ": expected two tokens, as a string with a "
                           "space or as an array");
    }
    return AddNamedMerge(vocabulary_, left, right, where, &merges_);
  }

  Status AssignRoles(const NamedRoles& roles) {
    const auto find = [&](const std::optional<std::string>& name) {
      return name ? vocabulary_.Find(*name) : std::nullopt;
    };
    special_.bos = find(roles.bos ? roles.bos : pipeline_.first_token);
    special_.eos = find(roles.eos);
    if (!unknown_.empty()) special_.unknown = vocabulary_.Find(unknown_);
    auto resolved =
        ResolveSpecialTokens(roles.fim, root_.file(), &vocabulary_, &special_);
    if (!resolved) return resolved;
    CorrectOrderOfMellum(
        pipeline_.rules == std::vector<SplitRule>{SplitRule::kGpt2}, &special_);
    special_.add_bos =
        special_.bos.has_value() &&
        roles.add_bos.value_or(pipeline_.first_token.has_value());
    return {};
  }

  Result<std::unique_ptr<Tokenizer>> MakeByteLevel() {
    const auto ignore_merges = model_.FindBool("ignore_merges");
    if (!ignore_merges) return ignore_merges.error();
    return ByteLevelTokenizer::Create({
        .source = root_.file(),
        .vocabulary = std::move(vocabulary_),
        .merges = std::move(merges_),
        .pre_tokenizer = PreTokenizer(std::move(pipeline_.rules)),
        .normalize_nfc = pipeline_.nfc,
        .add_prefix_space = pipeline_.add_prefix_space,
        .whole_words_first = ignore_merges->value_or(false),
        .special = special_,
    });
  }

  Result<std::unique_ptr<Tokenizer>> MakeSentencePiece() {
    if (!pipeline_.escape_spaces && !pipeline_.metaspace) {
      return root_.NotYet("model.byte_fallback without U+2581 for spaces");
    }
    if (!pipeline_.rules.empty() || pipeline_.nfc) {
      return root_.NotYet("model.byte_fallback with NFC or Split");
    }
    return SentencePieceTokenizer::Create({
        .source = root_.file(),
        .vocabulary = std::move(vocabulary_),
        .scores = {},
        .merges = std::move(merges_),
        .special = special_,
        .add_dummy_prefix = pipeline_.prepend_space_mark ||
                            (pipeline_.metaspace && pipeline_.add_prefix_space),
        .no_dummy_before_space = !pipeline_.prepend_space_mark,
        .split_before_spaces =
            pipeline_.metaspace && pipeline_.metaspace_splits,
    });
  }

  const JsonFields& root_;
  const JsonFields model_;
  JsonPipeline pipeline_;
  bool byte_fallback_ = false;
  std::string unknown_;
  std::vector<Entry> entries_;
  std::vector<Entry> added_;
  Vocabulary vocabulary_;
  std::vector<ListedMerge> merges_;
  SpecialTokens special_;
};

std::optional<std::string> TokenAt(const JsonFields& config,
                                   std::string_view key) {
  const auto found = config.Find(key);
  if (!found) return std::nullopt;
  std::string_view text;
  if (found->get(text) == simdjson::SUCCESS) return std::string(text);
  object token;
  if (found->get(token) == simdjson::SUCCESS &&
      token["content"].get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  return std::nullopt;
}

}  // namespace

NamedRoles ReadNamedRoles(const JsonFields& config) {
  NamedRoles roles;
  roles.bos = TokenAt(config, "bos_token");
  roles.eos = TokenAt(config, "eos_token");
  if (const auto add = config.FindBool("add_bos_token")) roles.add_bos = *add;
  return roles;
}

Result<std::unique_ptr<Tokenizer>> ParseTokenizerJson(const JsonFields& root,
                                                      const NamedRoles& roles) {
  auto model = root.RequireObject("model");
  if (!model) return model.error();
  const auto type = model->FindString("type");
  if (!type) return type.error();
  if (type->value_or("") == "WordPiece") return ParseWordPieceJson(root);
  auto pipeline = ReadJsonPipeline(root);
  if (!pipeline) return pipeline.error();
  return JsonParser(root, std::move(*model), std::move(*pipeline)).Parse(roles);
}

}  // namespace krait::engine
