// SPDX-License-Identifier: Apache-2.0
// The text is cut into chunks where no merge can reach across
// (SentencePieceTables::MayMergeAcross), which for source code gives pieces of
// words; each is merged by itself, or found in the cache. A vocabulary that
// merges everywhere gives one large chunk, which is slower, but not wrong.
#include "engine/tokenizer/sentencepiece_tokenizer.h"

#include <algorithm>
#include <utility>

#include "engine/tokenizer/symbol_merger.h"

namespace krait::engine {
namespace {

bool IsAsciiByte(char byte) {
  return static_cast<unsigned char>(byte) < 0x80;
}

std::string WithoutExtraSpaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out.push_back(c);
  }
  // At the end, the space mark counts as a space.
  while (!out.empty()) {
    if (out.back() == ' ') {
      out.pop_back();
    } else if (out.ends_with(kSpaceMark)) {
      out.resize(out.size() - kSpaceMark.size());
    } else {
      break;
    }
  }
  return out;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(SentencePieceSpec spec,
                                               SentencePieceTables tables)
    : BpeTokenizer(std::move(spec.vocabulary), spec.special),
      tables_(std::move(tables)),
      add_dummy_prefix_(spec.add_dummy_prefix),
      no_dummy_before_space_(spec.no_dummy_before_space),
      remove_extra_spaces_(spec.remove_extra_spaces),
      lines_are_independent_(!spec.remove_extra_spaces) {
  for (TokenId id = 0; id < vocab_size_; ++id) {
    const std::string_view name = vocabulary_.Name(id);
    switch (vocabulary_.Type(id)) {
      case TokenType::kControl:
      case TokenType::kUnknown:
        AddTokenBytes("");
        break;
      case TokenType::kByte: {
        const char byte = static_cast<char>(*ParseByteName(name));
        AddTokenBytes({&byte, 1});
        break;
      }
      default: {
        const std::string bytes = WithSpaces(name);
        // A merge can only produce a piece.
        const size_t newline = bytes.find('\n');
        if (newline != std::string::npos && newline + 1 < bytes.size()) {
          lines_are_independent_ = false;
        }
        AddTokenBytes(bytes);
      }
    }
  }
}

Result<std::unique_ptr<Tokenizer>> SentencePieceTokenizer::Create(
    SentencePieceSpec spec) {
  auto tables = SentencePieceTables::Build(spec);
  if (!tables) return tables.error();
  return std::unique_ptr<Tokenizer>(
      new SentencePieceTokenizer(std::move(spec), std::move(*tables)));
}

void SentencePieceTokenizer::Encode(std::string_view text, DummyPrefix dummy,
                                    std::vector<TokenId>* ids) const {
  std::string reduced;
  if (remove_extra_spaces_) {
    reduced = WithoutExtraSpaces(text);
    text = reduced;
  }
  if (text.empty()) return;
  std::string with_dummy;
  if (add_dummy_prefix_ && dummy == DummyPrefix::kAsTrained &&
      !(no_dummy_before_space_ && text[0] == ' ')) {
    with_dummy.reserve(text.size() + 1);
    with_dummy.push_back(' ');
    with_dummy.append(text);
    text = with_dummy;
  }
  const auto old_size = static_cast<ptrdiff_t>(ids->size());
  ChunkCache& cache = ChunkCache::OfThread();
  for (size_t pos = 0; pos < text.size();) {
    if (tables_.user_defined.MayBegin(text[pos])) {
      if (const auto match = tables_.user_defined.Find(text, pos)) {
        ids->push_back(match->id);
        pos += match->size;
        continue;
      }
    }
    const size_t end = ChunkEnd(text, pos);
    const std::string_view chunk = text.substr(pos, end - pos);
    AppendCached(chunk, &cache, ids,
                 [&](std::vector<TokenId>* out) { EncodeChunk(chunk, out); });
    pos = end;
  }
  if (tables_.byte_ids) return;
  // A run of unknown characters is one unknown token.
  const auto both_unknown = [&](TokenId a, TokenId b) {
    return a == b && a == special_.unknown;
  };
  ids->erase(std::unique(ids->begin() + old_size, ids->end(), both_unknown),
             ids->end());
}

size_t SentencePieceTokenizer::ChunkEnd(std::string_view text,
                                        size_t pos) const {
  const Utf8Char first = DecodeUtf8(text, pos);
  CharClass last_class = ClassOf(first);
  pos += first.size;
  while (pos < text.size()) {
    const Utf8Char next = DecodeUtf8(text, pos);
    const CharClass next_class = ClassOf(next);
    if (!tables_.MayMergeAcross(last_class, next_class)) break;
    if (tables_.user_defined.MayBegin(text[pos]) &&
        tables_.user_defined.Find(text, pos)) {
      break;
    }
    last_class = next_class;
    pos += next.size;
  }
  return pos;
}

void SentencePieceTokenizer::EncodeChunk(std::string_view chunk,
                                         std::vector<TokenId>* ids) const {
  std::vector<TokenId> symbols;
  AppendSymbols(chunk, &symbols);
  MergeSymbols(tables_.merges, &symbols);
  if (tables_.replacements.empty()) {
    ids->insert(ids->end(), symbols.begin(), symbols.end());
    return;
  }
  for (const TokenId symbol : symbols) {
    const auto replacement = tables_.replacements.find(symbol);
    if (replacement == tables_.replacements.end()) {
      ids->push_back(symbol);
    } else {
      ids->insert(ids->end(), replacement->second.begin(),
                  replacement->second.end());
    }
  }
}

void SentencePieceTokenizer::AppendSymbols(std::string_view chunk,
                                           std::vector<TokenId>* out) const {
  out->reserve(chunk.size());
  const auto append_unknown = [&](std::string_view bytes) {
    if (!tables_.byte_ids) return out->push_back(*special_.unknown);
    for (const char byte : bytes) {
      out->push_back((*tables_.byte_ids)[static_cast<unsigned char>(byte)]);
    }
  };
  for (size_t pos = 0; pos < chunk.size();) {
    if (IsAsciiByte(chunk[pos])) {
      const auto symbol =
          tables_.ascii_symbols[static_cast<unsigned char>(chunk[pos])];
      if (symbol) {
        out->push_back(*symbol);
      } else {
        append_unknown(kSpaceMark);
      }
      ++pos;
      continue;
    }
    const Utf8Char c = DecodeUtf8(chunk, pos);
    const auto symbol =
        c.valid ? tables_.symbols.find(c.code) : tables_.symbols.end();
    if (symbol != tables_.symbols.end()) {
      out->push_back(symbol->second);
    } else {
      append_unknown(chunk.substr(pos, c.size));
    }
    pos += c.size;
  }
}

std::string SentencePieceTokenizer::Decode(std::span<const TokenId> ids) const {
  std::string text;
  bool at_begin = true;
  for (const TokenId id : ids) {
    if (id >= vocab_size_ || IsControl(id)) continue;
    std::string_view bytes = TokenBytes(id);
    // Only the first piece can hold the dummy space; <0x20> is a real one.
    if (at_begin && add_dummy_prefix_ && !bytes.empty() && bytes[0] == ' ' &&
        vocabulary_.Type(id) != TokenType::kByte) {
      bytes.remove_prefix(1);
    }
    text.append(bytes);
    at_begin = false;
  }
  return text;
}

}  // namespace krait::engine
