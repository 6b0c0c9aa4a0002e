// SPDX-License-Identifier: Apache-2.0
#include "engine/tokenizer/sentencepiece_model.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "engine/tokenizer/protobuf_reader.h"
#include "engine/tokenizer/special_tokens.h"

namespace krait::engine {
namespace {

// Field numbers of sentencepiece_model.proto.
enum ModelField : uint64_t { kPieces = 1, kTrainer = 2, kNormalizer = 3 };
enum PieceField : uint64_t { kText = 1, kScore = 2, kType = 3 };
enum TrainerField : uint64_t {
  kModelType = 3,
  kSpaceAsSuffix = 24,
  kBosId = 41,
  kEosId = 42,
};
enum NormalizerField : uint64_t {
  kCharacterMap = 2,
  kAddDummyPrefix = 3,
  kRemoveExtraSpaces = 4,
  kEscapeSpaces = 5,
};

constexpr uint64_t kModelTypeBpe = 2;

std::string_view ModelTypeName(uint64_t type) {
  switch (type) {
    case 1:
      return "unigram";
    case 3:
      return "word";
    case 4:
      return "char";
    default:
      return "of an unknown type";
  }
}

class ModelParser {
 public:
  ModelParser(const std::string& file, const FimChoice& fim)
      : file_(file), fim_(fim) {
    spec_.source = file;
  }

  Result<SentencePieceSpec> Parse(std::string_view bytes) {
    ProtobufReader model(bytes);
    while (model.Next()) {
      if (!model.IsBytes()) continue;
      Status status;
      if (model.field() == kPieces) status = AddPiece(model.Bytes());
      if (model.field() == kTrainer) status = ReadTrainer(model.Bytes());
      if (model.field() == kNormalizer) status = ReadNormalizer(model.Bytes());
      if (!status) return status.error();
    }
    if (!model.ok()) {
      return Bad(
          fmt::format("expected a SentencePiece model, found something "
                      "else or a truncated file (near byte {})",
                      model.pos()));
    }
    if (auto status = Finish(); !status) return status.error();
    return std::move(spec_);
  }

 private:
  Error Bad(std::string_view problem) const {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: {}", file_, problem));
  }
  Error Unsupported(std::string_view what) const {
    return MakeError(ErrorCode::kUnsupported,
                     fmt::format("{}: not supported yet: {}", file_, what));
  }

  Status AddPiece(std::string_view bytes) {
    const size_t id = spec_.vocabulary.size();
    std::string_view text;
    float score = 0;
    uint64_t type = static_cast<uint64_t>(TokenType::kNormal);
    ProtobufReader piece(bytes);
    while (piece.Next()) {
      if (piece.field() == kText && piece.IsBytes()) text = piece.Bytes();
      if (piece.field() == kScore && piece.IsFixed32()) score = piece.Float();
      if (piece.field() == kType && piece.IsVarint()) type = piece.Varint();
    }
    if (!piece.ok()) return Bad(fmt::format("piece {} is malformed", id));
    if (text.empty()) return Bad(fmt::format("piece {} is empty", id));
    if (type < 1 || type > 6) {
      return Bad(
          fmt::format("piece {} has type {}, expected 1 to 6", id, type));
    }
    if (!spec_.vocabulary.Add(text, static_cast<TokenType>(type))) {
      return Bad(fmt::format("piece {} is the same as an earlier one", id));
    }
    if (type == static_cast<uint64_t>(TokenType::kUnknown)) {
      spec_.special.unknown = static_cast<TokenId>(id);
    }
    spec_.scores.push_back(score);
    return {};
  }

  Status ReadTrainer(std::string_view bytes) {
    ProtobufReader trainer(bytes);
    while (trainer.Next()) {
      if (!trainer.IsVarint()) continue;
      switch (trainer.field()) {
        case kModelType:
          model_type_ = trainer.Varint();
          break;
        case kSpaceAsSuffix:
          space_as_suffix_ = trainer.Varint() != 0;
          break;
        case kBosId:
          bos_ = trainer.SignedVarint();
          break;
        case kEosId:
          eos_ = trainer.SignedVarint();
          break;
        default:
          break;
      }
    }
    if (!trainer.ok()) return Bad("trainer_spec is malformed");
    return {};
  }

  Status ReadNormalizer(std::string_view bytes) {
    ProtobufReader normalizer(bytes);
    while (normalizer.Next()) {
      if (normalizer.field() == kCharacterMap && normalizer.IsBytes()) {
        has_character_map_ = !normalizer.Bytes().empty();
      }
      if (!normalizer.IsVarint()) continue;
      const bool value = normalizer.Varint() != 0;
      if (normalizer.field() == kAddDummyPrefix) spec_.add_dummy_prefix = value;
      if (normalizer.field() == kRemoveExtraSpaces) removes_spaces_ = value;
      if (normalizer.field() == kEscapeSpaces) escapes_spaces_ = value;
    }
    if (!normalizer.ok()) return Bad("normalizer_spec is malformed");
    return {};
  }

  Status Finish() {
    if (spec_.vocabulary.size() == 0) return Bad("expected pieces, found none");
    if (model_type_ != kModelTypeBpe) {
      return Unsupported(
          fmt::format("trainer_spec.model_type {} ({}), only bpe", model_type_,
                      ModelTypeName(model_type_)));
    }
    if (!spec_.special.unknown) return Bad("expected an unknown piece (<unk>)");
    if (has_character_map_) {
      return Unsupported("normalizer_spec.precompiled_charsmap");
    }
    spec_.remove_extra_spaces = removes_spaces_;
    if (!escapes_spaces_) {
      return Unsupported("normalizer_spec.escape_whitespaces = false");
    }
    if (space_as_suffix_) {
      return Unsupported("trainer_spec.treat_whitespace_as_suffix");
    }
    spec_.special.bos = ControlId(bos_);
    spec_.special.eos = ControlId(eos_);
    auto resolved =
        ResolveSpecialTokens(fim_, file_, &spec_.vocabulary, &spec_.special);
    if (!resolved) return resolved;
    spec_.special.add_bos = spec_.special.bos.has_value();
    return {};
  }

  std::optional<TokenId> ControlId(int64_t id) const {
    if (id < 0 || static_cast<uint64_t>(id) >= spec_.vocabulary.size()) {
      return std::nullopt;
    }
    const auto token = static_cast<TokenId>(id);
    const bool control = spec_.vocabulary.Type(token) == TokenType::kControl;
    return control ? std::optional(token) : std::nullopt;
  }

  const std::string& file_;
  const FimChoice& fim_;
  SentencePieceSpec spec_;
  // The defaults are those of the format.
  uint64_t model_type_ = 1;
  bool space_as_suffix_ = false;
  int64_t bos_ = 1;
  int64_t eos_ = 2;
  bool has_character_map_ = false;
  bool removes_spaces_ = true;
  bool escapes_spaces_ = true;
};

}  // namespace

Result<SentencePieceSpec> ParseSentencePieceModel(std::string_view bytes,
                                                  const std::string& file,
                                                  const FimChoice& fim) {
  return ModelParser(file, fim).Parse(bytes);
}

}  // namespace krait::engine
