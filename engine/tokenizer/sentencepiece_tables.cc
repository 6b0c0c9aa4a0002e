// SPDX-License-Identifier: Apache-2.0
// Where a file lists no merges they follow from the scores: each way to cut a
// piece into two symbols is a merge to it, of the rank that the piece's score
// has among all. Characters that occur in pieces but are none get symbols of
// their own (virtual ones), so that they can merge; those that stay over become
// bytes or the unknown token in the end. An unused piece may be merged to on
// the way to a longer one; where it stays over, it is put out as what its
// characters merge to without it.

#include "engine/tokenizer/sentencepiece_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/utf8.h"
#include "engine/tokenizer/sentencepiece_tokenizer.h"

namespace krait::engine {
namespace {

// Bounds the work per piece at load. The longest ordinary piece of a known
// vocabulary has 93 bytes.
constexpr size_t kMaxPieceBytes = 1024;
constexpr size_t kMaxUnusedBytes = 64;

// Returns where the characters of valid UTF-8 begin, and its size at the end.
std::vector<size_t> CharOffsets(std::string_view text) {
  std::vector<size_t> offsets;
  for (size_t pos = 0; pos < text.size();) {
    offsets.push_back(pos);
    pos += DecodeUtf8(text, pos).size;
  }
  offsets.push_back(text.size());
  return offsets;
}

bool IsMergeable(TokenType type) {
  return type == TokenType::kNormal || type == TokenType::kUnused;
}

class TablesBuilder {
 public:
  TablesBuilder(const SentencePieceSpec& spec, SentencePieceTables* tables)
      : spec_(spec), vocabulary_(spec.vocabulary), tables_(*tables) {}

  Status Run() {
    if (auto status = CheckPieces(); !status) return status;
    if (auto status = CollectBytePieces(); !status) return status;
    CollectSymbols();
    if (spec_.merges) {
      UseListedMerges();
    } else {
      UseScores();
    }
    if (spec_.split_before_spaces) ForbidJoinsBeforeSpaces();
    TableAscii();
    return ReplaceUnusedPieces();
  }

 private:
  Error BadPiece(TokenId id, std::string_view problem) const {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: piece {} {}", spec_.source, id, problem));
  }

  Status CheckPieces() const {
    if (vocabulary_.size() == 0) {
      return MakeError(ErrorCode::kBadFile,
                       spec_.source + ": the vocabulary is empty");
    }
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (!IsMergeable(vocabulary_.Type(id))) continue;
      const std::string_view name = vocabulary_.Name(id);
      if (!base::IsUtf8(name)) return BadPiece(id, "is not valid UTF-8");
      if (name.size() > kMaxPieceBytes) {
        return BadPiece(id, fmt::format("has {} bytes, expected at most {}",
                                        name.size(), kMaxPieceBytes));
      }
      if (!spec_.merges && !std::isfinite(spec_.scores[id])) {
        return BadPiece(id, "has a score that is not a number");
      }
    }
    return {};
  }

  Status CollectBytePieces() {
    std::array<std::optional<TokenId>, 256> ids;
    size_t count = 0;
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (vocabulary_.Type(id) != TokenType::kByte) continue;
      const auto value = ParseByteName(vocabulary_.Name(id));
      if (!value) return BadPiece(id, "is a byte, expected a name like <0x0A>");
      if (!ids[*value]) ++count;
      ids[*value] = id;
    }
    if (count == 0 && !spec_.special.unknown) {
      return MakeError(ErrorCode::kBadFile,
                       spec_.source +
                           ": expected byte pieces (<0x00>...) or an unknown "
                           "piece, found neither");
    }
    if (count == 0) return {};
    if (count < 256) {
      return MakeError(ErrorCode::kBadFile,
                       fmt::format("{}: expected all 256 byte pieces, found {}",
                                   spec_.source, count));
    }
    tables_.byte_ids.emplace();
    for (size_t i = 0; i < 256; ++i) (*tables_.byte_ids)[i] = *ids[i];
    return {};
  }

  void CollectSymbols() {
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      const std::string_view name = vocabulary_.Name(id);
      if (vocabulary_.Type(id) == TokenType::kUserDefined) {
        tables_.user_defined.Add(WithSpaces(name), id);
      }
      if (name.empty() || !IsMergeable(vocabulary_.Type(id))) continue;
      const Utf8Char c = DecodeUtf8(name, 0);
      if (c.size == name.size()) tables_.symbols.try_emplace(c.code, id);
    }
  }

  void UseListedMerges() {
    tables_.merges.Reserve(spec_.merges->size());
    for (const ListedMerge& merge : *spec_.merges) {
      AllowJoin(vocabulary_.Name(merge.left), vocabulary_.Name(merge.right));
      tables_.merges.Insert(merge.left, merge.right,
                            {merge.rank, merge.result});
    }
  }

  // Every way to cut a piece into two symbols is a merge; its rank is that of
  // the piece's score, and pieces of equal scores are of equal rank.
  void UseScores() {
    std::vector<TokenId> pieces;
    size_t num_cuts = 0;
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (!IsMergeable(vocabulary_.Type(id))) continue;
      pieces.push_back(id);
      num_cuts += vocabulary_.Name(id).size();
    }
    std::stable_sort(pieces.begin(), pieces.end(), [&](TokenId a, TokenId b) {
      return spec_.scores[a] > spec_.scores[b];
    });
    for (const TokenId piece : pieces) AddVirtualSymbols(piece);
    std::vector<ListedMerge> cuts;
    cuts.reserve(num_cuts);
    uint32_t rank = 0;
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0 && spec_.scores[pieces[i]] < spec_.scores[pieces[i - 1]]) {
        ++rank;
      }
      const std::string_view name = vocabulary_.Name(pieces[i]);
      const std::vector<size_t> offsets = CharOffsets(name);
      for (size_t cut = 1; cut + 1 < offsets.size(); ++cut) {
        const auto left = FindSymbol(name.substr(0, offsets[cut]));
        if (!left) continue;
        const auto right = FindSymbol(name.substr(offsets[cut]));
        if (!right) continue;
        AllowJoin(name.substr(0, offsets[cut]), name.substr(offsets[cut]));
        cuts.push_back({*left, *right, pieces[i], rank});
      }
    }
    tables_.merges.Reserve(cuts.size());
    for (const ListedMerge& cut : cuts) {
      tables_.merges.Insert(cut.left, cut.right, {cut.rank, cut.result});
    }
  }

  // Gives symbols to the characters of the piece that are no pieces.
  void AddVirtualSymbols(TokenId piece) {
    const std::string_view name = vocabulary_.Name(piece);
    for (size_t pos = 0; pos < name.size();) {
      const Utf8Char c = DecodeUtf8(name, pos);
      const auto next = static_cast<TokenId>(vocabulary_.size() + num_virtual_);
      if (tables_.symbols.try_emplace(c.code, next).second) {
        ++num_virtual_;
        tables_.replacements[next] = Fallback(name.substr(pos, c.size));
      }
      pos += c.size;
    }
  }

  std::vector<TokenId> Fallback(std::string_view bytes) const {
    if (!tables_.byte_ids) return {*spec_.special.unknown};
    std::vector<TokenId> ids;
    for (const char byte : bytes) {
      ids.push_back((*tables_.byte_ids)[static_cast<unsigned char>(byte)]);
    }
    return ids;
  }

  std::optional<TokenId> FindSymbol(std::string_view text) const {
    const Utf8Char c = DecodeUtf8(text, 0);
    if (c.size == text.size()) {
      const auto symbol = tables_.symbols.find(c.code);
      if (symbol == tables_.symbols.end()) return std::nullopt;
      return symbol->second;
    }
    const auto id = vocabulary_.Find(text);
    if (!id || !IsMergeable(vocabulary_.Type(*id))) return std::nullopt;
    return id;
  }

  void AllowJoin(std::string_view left, std::string_view right) {
    if (left.empty() || right.empty()) return;
    size_t last = left.size() - 1;
    while (last > 0 &&
           (static_cast<unsigned char>(left[last]) & 0xC0) == 0x80) {
      --last;
    }
    const CharClass left_class = ClassOf(DecodeUtf8(left, last));
    const CharClass right_class = ClassOf(DecodeUtf8(right, 0));
    tables_.joins.set(size_t{left_class} * 256 + right_class);
  }

  void ForbidJoinsBeforeSpaces() {
    for (size_t left = 0; left < 256; ++left) {
      tables_.joins.reset(left * 256 + ' ');
    }
  }

  void TableAscii() {
    for (char32_t c = 0; c < 128; ++c) {
      const auto symbol = tables_.symbols.find(c == ' ' ? U'\u2581' : c);
      if (symbol != tables_.symbols.end()) {
        tables_.ascii_symbols[c] = symbol->second;
      } else if (c != ' ') {  // the space mark has three bytes
        tables_.ascii_symbols[c] =
            tables_.byte_ids ? (*tables_.byte_ids)[c] : *spec_.special.unknown;
      }
    }
  }

  // An unused piece is put out as the two symbols that it was merged from.
  Status ReplaceUnusedPieces() {
    std::vector<TokenId> unused;
    for (TokenId id = 0; id < vocabulary_.size(); ++id) {
      if (vocabulary_.Type(id) != TokenType::kUnused) continue;
      if (CharOffsets(vocabulary_.Name(id)).size() <= 2) continue;
      if (vocabulary_.Name(id).size() > kMaxUnusedBytes) {
        return BadPiece(
            id, fmt::format("is unused and has {} bytes, expected "
                            "at most {}",
                            vocabulary_.Name(id).size(), kMaxUnusedBytes));
      }
      unused.push_back(id);
    }
    std::stable_sort(unused.begin(), unused.end(), [&](TokenId a, TokenId b) {
      return vocabulary_.Name(a).size() < vocabulary_.Name(b).size();
    });
    for (const TokenId id : unused) {
      std::vector<TokenId> parts;
      for (const TokenId part : MergeWithout(id)) {
        const auto shorter = tables_.replacements.find(part);
        if (shorter == tables_.replacements.end()) {
          parts.push_back(part);
        } else {
          parts.insert(parts.end(), shorter->second.begin(),
                       shorter->second.end());
        }
      }
      tables_.replacements[id] = std::move(parts);
    }
    return {};
  }

  // Merges the piece's characters, but not to the piece itself.
  std::vector<TokenId> MergeWithout(TokenId piece) const {
    const std::string_view name = vocabulary_.Name(piece);
    std::vector<TokenId> symbols;
    for (size_t pos = 0; pos < name.size();) {
      const Utf8Char c = DecodeUtf8(name, pos);
      const auto symbol = tables_.symbols.find(c.code);
      if (symbol != tables_.symbols.end()) symbols.push_back(symbol->second);
      pos += c.size;
    }
    while (true) {
      const Merge* best = nullptr;
      size_t best_at = 0;
      for (size_t i = 0; i + 1 < symbols.size(); ++i) {
        const Merge* merge = tables_.merges.Find(symbols[i], symbols[i + 1]);
        if (merge == nullptr || merge->result == piece) continue;
        if (best != nullptr && best->rank <= merge->rank) continue;
        best = merge;
        best_at = i;
      }
      if (best == nullptr) return symbols;
      symbols[best_at] = best->result;
      symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(best_at) + 1);
    }
  }

  const SentencePieceSpec& spec_;
  const Vocabulary& vocabulary_;
  SentencePieceTables& tables_;
  size_t num_virtual_ = 0;
};

}  // namespace

std::string WithSpaces(std::string_view piece) {
  std::string text;
  for (size_t pos = 0; pos < piece.size();) {
    if (piece.substr(pos, kSpaceMark.size()) == kSpaceMark) {
      text.push_back(' ');
      pos += kSpaceMark.size();
    } else {
      text.push_back(piece[pos++]);
    }
  }
  return text;
}

CharClass ClassOf(const Utf8Char& c) {
  if (!c.valid) return kBadByteClass;
  if (c.code < 128) return static_cast<CharClass>(c.code);
  if (c.code == U'\u2581') return ' ';
  return static_cast<CharClass>(128 +
                                (uint32_t{c.code} * 0x9E3779B1u >> 8) % 127);
}

Result<SentencePieceTables> SentencePieceTables::Build(
    const SentencePieceSpec& spec) {
  SentencePieceTables tables;
  if (auto status = TablesBuilder(spec, &tables).Run(); !status) {
    return status.error();
  }
  return tables;
}

}  // namespace krait::engine
