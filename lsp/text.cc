// SPDX-License-Identifier: Apache-2.0
//
// An edit takes the chunks it touches, builds their bytes anew and cuts those
// into chunks again. Two rules keep the rest untouched:
//  - No chunk ends between "\r" and "\n". So the line breaks of a chunk depend
//    on its own bytes only. Where an edit brings "\r" and "\n" together across
//    a border, the neighbour is taken along.
//  - Small remains are merged with their neighbours, so that the number of
//    chunks stays near size / 8 KiB however the text was typed.
// Afterwards the offsets of all later chunks are counted anew: a few thousand
// additions for the largest documents.

#include "lsp/text.h"

#include <algorithm>
#include <cassert>
#include <iterator>

#include "base/utf8.h"

namespace krait::lsp {
namespace {

constexpr size_t kTargetChunk = 8 << 10;
constexpr size_t kMaxChunk = 2 * kTargetChunk;
constexpr size_t kMinChunk = kTargetChunk / 4;

std::vector<uint32_t> FindBreaks(std::string_view bytes) {
  std::vector<uint32_t> breaks;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (c != '\n' && c != '\r') continue;
    if (c == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n') ++i;
    breaks.push_back(static_cast<uint32_t>(i + 1));
  }
  return breaks;
}

}  // namespace

std::shared_ptr<const Text::Chunk> Text::MakeChunk(std::string_view bytes) {
  auto chunk = std::make_shared<Chunk>();
  chunk->bytes = bytes;
  chunk->breaks = FindBreaks(bytes);
  return chunk;
}

// Returns where to cut the next chunk off `bytes`: after a line if one ends
// near the target.
size_t Text::ChunkLength(std::string_view bytes) {
  if (bytes.size() <= kMaxChunk) return bytes.size();
  const size_t newline = bytes.rfind('\n', kTargetChunk - 1);
  if (newline != std::string_view::npos && newline >= kMinChunk) {
    return newline + 1;
  }
  const bool splits_break =
      bytes[kTargetChunk - 1] == '\r' && bytes[kTargetChunk] == '\n';
  return splits_break ? kTargetChunk + 1 : kTargetChunk;
}

size_t Text::SpanOf(size_t byte_ofs) const {
  assert(!spans_.empty());
  const auto found = std::partition_point(
      spans_.begin(), spans_.end() - 1,
      [&](const Span& s) { return s.end_ofs() <= byte_ofs; });
  return static_cast<size_t>(found - spans_.begin());
}

void Text::Replace(size_t begin_ofs, size_t end_ofs, std::string_view content) {
  assert(begin_ofs <= end_ofs && end_ofs <= size());
  // The spans [first, last) become `bytes`.
  size_t first = 0;
  size_t last = 0;
  std::string bytes;
  if (spans_.empty()) {
    bytes = content;
  } else {
    first = SpanOf(begin_ofs);
    const Span& begin = spans_[first];
    last = SpanOf(end_ofs) + 1;
    const Span& end = spans_[last - 1];
    bytes.reserve(content.size() + 2 * kMaxChunk);
    bytes.append(begin.chunk->bytes, 0, begin_ofs - begin.begin_ofs);
    bytes += content;
    bytes.append(end.chunk->bytes, end_ofs - end.begin_ofs);
  }
  if (first > 0 && (bytes.size() < kMinChunk || bytes.front() == '\n')) {
    bytes.insert(0, spans_[--first].chunk->bytes);
  }
  if (last < spans_.size() &&
      (bytes.size() < kMinChunk || bytes.back() == '\r')) {
    bytes += spans_[last++].chunk->bytes;
  }
  ReplaceSpans(first, last, bytes);
}

void Text::ReplaceSpans(size_t first, size_t last, std::string_view bytes) {
  std::vector<Span> fresh;
  while (!bytes.empty()) {
    const size_t length = ChunkLength(bytes);
    fresh.push_back({.chunk = MakeChunk(bytes.substr(0, length))});
    bytes.remove_prefix(length);
  }
  const size_t overwritten = std::min(fresh.size(), last - first);
  const auto at = [](auto& spans, size_t index) {
    return spans.begin() + static_cast<std::ptrdiff_t>(index);
  };
  std::move(fresh.begin(), at(fresh, overwritten), at(spans_, first));
  spans_.erase(at(spans_, first + overwritten), at(spans_, last));
  spans_.insert(at(spans_, first + overwritten),
                std::make_move_iterator(at(fresh, overwritten)),
                std::make_move_iterator(fresh.end()));
  for (size_t i = first; i < spans_.size(); ++i) {
    spans_[i].begin_ofs = i == 0 ? 0 : spans_[i - 1].end_ofs();
    spans_[i].begin_breaks = i == 0 ? 0 : spans_[i - 1].end_breaks();
  }
}

size_t Text::LineStart(size_t line) const {
  assert(line < num_lines());
  if (line == 0) return 0;
  const auto span = std::partition_point(
      spans_.begin(), spans_.end(),
      [&](const Span& s) { return s.end_breaks() < line; });
  return span->begin_ofs + span->chunk->breaks[line - span->begin_breaks - 1];
}

size_t Text::LineEnd(size_t line) const {
  if (line + 1 == num_lines()) return size();
  const size_t last = LineStart(line + 1) - 1;  // "\n" or "\r"
  const bool two = last > LineStart(line) && ByteAt(last) == '\n' &&
                   ByteAt(last - 1) == '\r';
  return two ? last - 1 : last;
}

size_t Text::LineOf(size_t byte_ofs) const {
  assert(byte_ofs <= size());
  if (spans_.empty()) return 0;
  const Span& span = spans_[SpanOf(byte_ofs)];
  const std::vector<uint32_t>& breaks = span.chunk->breaks;
  const auto after =
      std::upper_bound(breaks.begin(), breaks.end(), byte_ofs - span.begin_ofs);
  return span.begin_breaks + static_cast<size_t>(after - breaks.begin());
}

std::string_view Text::ContiguousFrom(size_t byte_ofs) const {
  assert(byte_ofs <= size());
  if (spans_.empty()) return {};
  const Span& span = spans_[SpanOf(byte_ofs)];
  return std::string_view(span.chunk->bytes).substr(byte_ofs - span.begin_ofs);
}

std::string Text::Copy(size_t begin_ofs, size_t end_ofs) const {
  assert(begin_ofs <= end_ofs && end_ofs <= size());
  std::string bytes;
  bytes.reserve(end_ofs - begin_ofs);
  while (begin_ofs < end_ofs) {
    const std::string_view next =
        ContiguousFrom(begin_ofs).substr(0, end_ofs - begin_ofs);
    bytes += next;
    begin_ofs += next.size();
  }
  return bytes;
}

// A sequence has at most three continuations: with more, the text is not UTF-8
// and any place is as good.
size_t Text::CodePointStart(size_t byte_ofs) const {
  size_t start = byte_ofs;
  for (int back = 0; back <= 3 && start < size(); ++back) {
    if (!base::IsContinuation(ByteAt(start))) return start;
    if (start == 0) break;
    --start;
  }
  return byte_ofs;
}

std::string Text::TextBefore(size_t byte_ofs, size_t max_bytes) const {
  if (byte_ofs <= max_bytes) return Copy(0, byte_ofs);
  size_t begin = byte_ofs - max_bytes;
  // Forward over the rest of a code point that does not fit.
  for (int i = 0; i < 3 && begin < byte_ofs; ++i) {
    if (!base::IsContinuation(ByteAt(begin))) break;
    ++begin;
  }
  return Copy(begin, byte_ofs);
}

std::string Text::TextAfter(size_t byte_ofs, size_t max_bytes) const {
  if (size() - byte_ofs <= max_bytes) return Copy(byte_ofs, size());
  const size_t end = CodePointStart(byte_ofs + max_bytes);
  return Copy(byte_ofs, std::max(byte_ofs, end));
}

}  // namespace krait::lsp
