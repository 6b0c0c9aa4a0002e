// SPDX-License-Identifier: Apache-2.0
//
// One step. Where the last token stood before is found by a scan over a byte of
// each token, a few microseconds for a hundred thousand; each of these places
// is compared backwards. With the lengths l0 < l1 < ..., M_i what follows the
// places that match with at least l_i tokens (as shares of their count), and
// w_i the weight of that, the mixture is
//
//   P_-1 = model,  P_i = w_i M_i + (1 - w_i) P_(i-1),
//
// at each length first the collection, then what of it is near, then the other
// texts, then the text at hand. It is summed up from the longest down, so that
// a place adds to the counts once.
#include "engine/memory/text_memory.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "simd/elementwise.h"

namespace krait::engine {
namespace {

bool IsWord(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
}

bool EndsInWord(std::string_view bytes) {
  return !bytes.empty() && IsWord(bytes.back());
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

// Calls `found` for the indices of the bytes that are `wanted`, from one of
// their ends on, until that returns false.
template <class Found>
void FindAll(std::span<const uint8_t> bytes, bool from_end, uint8_t wanted,
             const Found& found) {
  const uint8_t* begin = bytes.data();
  const uint8_t* end = begin + bytes.size();
  while (begin != end) {
    const auto left = static_cast<size_t>(end - begin);
    const void* const place = from_end ? memrchr(begin, wanted, left)
                                       : std::memchr(begin, wanted, left);
    if (place == nullptr) return;
    const auto* const at = static_cast<const uint8_t*>(place);
    if (!found(static_cast<size_t>(at - bytes.data()))) return;
    if (from_end) {
      end = at;
    } else {
      begin = at + 1;
    }
  }
}

// The same for all indices.
template <class Found>
void TakeAll(size_t size, bool from_end, const Found& found) {
  for (size_t i = 0; i < size; ++i) {
    if (!found(from_end ? size - 1 - i : i)) return;
  }
}

// What the model says where a memory is asked.
struct ModelSays {
  std::span<const float> logits;
  float log_sum;  // of their exponentials
  float surest;   // the probability of the likeliest token

  float LogOf(TokenId token) const { return logits[token] - log_sum; }
};

MemoryFeatures FeaturesOf(const MemoryVote& vote, const ModelSays& model,
                          size_t typed_bytes) {
  MemoryFeatures features{};
  const auto set = [&features](MemoryFeature feature, float value) {
    features[static_cast<size_t>(feature)] = value;
  };
  const auto count = static_cast<float>(vote.count);
  set(MemoryFeature::kCount, std::min(std::log2(1 + count), kMaxLogCount));
  set(MemoryFeature::kShare, static_cast<float>(vote.most) / count);
  set(MemoryFeature::kModelSure, model.surest);
  set(MemoryFeature::kModelAgrees,
      std::max(model.LogOf(vote.likeliest), kLeastLog) / -kLeastLog);
  set(MemoryFeature::kBeginning, typed_bytes == 0 ? 0.0F : 1.0F);
  set(MemoryFeature::kTyped,
      static_cast<float>(std::min<size_t>(typed_bytes, 8)) / 8);
  set(MemoryFeature::kOther,
      vote.scope == MemoryScope::kDocument ? 0.0F : 1.0F);
  return features;
}

}  // namespace

TextMemory::TextMemory(const TokenForms& forms, const MemoryWeights& weights,
                       TextTokensPtr text, size_t line,
                       std::span<const TokenId> begun,
                       std::vector<TextTokensPtr> others,
                       RememberedCollection collection)
    : forms_(forms),
      weights_(weights),
      text_(std::move(text)),
      behind_(text_->FirstToken(line + 1)),
      others_(std::move(others)),
      collection_(std::move(collection)) {
  const TokenView before = text_->tokens().First(text_->FirstToken(line));
  past_.reserve(before.size() + begun.size() + 64);
  past_.Append(before);
  for (const TokenId token : begun) Accept(token);
}

void TextMemory::Accept(TokenId token) {
  past_.Append(token, forms_);
}

std::vector<TextMemory::Source> TextMemory::Sources() const {
  std::vector<Source> sources;
  sources.push_back({.text = past_.view(), .from_end = true});
  sources.push_back({.text = text_->tokens().From(behind_)});
  for (const TextTokensPtr& other : others_) {
    sources.push_back({.text = other->tokens(), .scope = MemoryScope::kOpen});
  }
  return sources;
}

// Matches ---------------------------------------------------------------------

// Returns how many tokens before source.text[at] are the last ones of the past.
size_t TextMemory::LengthAt(const Source& source, size_t at) const {
  const std::span<const TokenId> past = past_.view().plain;
  const size_t most = std::min({at, past.size(), kMaxLength});
  const TokenId* const here = source.text.plain.data() + at;
  const TokenId* const last = past.data() + past.size();
  size_t same = 0;
  while (same < most && *(here - 1 - same) == *(last - 1 - same)) ++same;
  return same;
}

// Counts the places of a source.
class TextMemory::Places {
 public:
  bool near_full() const { return near_ >= kMostPlaces; }
  bool full() const { return far_ >= kMostPlaces; }
  // Whether one more counts that matches with `length` tokens.
  bool Counts(size_t length) const {
    return !near_full() || (length >= kFarLength && !full());
  }
  void Take() { ++(near_full() ? far_ : near_); }

 private:
  size_t near_ = 0;
  size_t far_ = 0;
};

// A place that matches with `length` tokens is followed by `next`.
void TextMemory::Add(const Source& source, size_t length, TokenId next) {
  const auto& lengths = weights_.lengths;
  const auto longer = std::upper_bound(lengths.begin(), lengths.end(), length);
  if (longer == lengths.begin()) return;
  const auto index = static_cast<size_t>(longer - lengths.begin()) - 1;
  Matches(index, source.scope).push_back(next);
}

void TextMemory::MatchLast(const Source& source) {
  const TokenView& text = source.text;
  if (text.size() == 0) return;
  Places places;
  const TokenId last = past_.view().tokens.back();
  // What follows the last token is not known.
  FindAll(text.marks.first(text.size() - 1), source.from_end, forms_.Mark(last),
          [&](size_t at) {
            const size_t length = LengthAt(source, at + 1);
            if (length == 0 || !places.Counts(length)) return true;
            places.Take();
            Add(source, length, text.tokens[at + 1]);
            return !places.full();
          });
}

// A word is looked for with and without a space before it; blanks alone as they
// are.
struct TextMemory::Typed {
  Typed(std::string_view beginning, bool within_word)
      : word(WithoutSpace(beginning)),
        spaced(word.size() < beginning.size()),
        blank(IsBlank(word.front())),
        within(within_word && !spaced) {}

  std::string_view WordOf(std::string_view bytes) const {
    return blank ? bytes : WithoutSpace(bytes);
  }

  std::string_view word;
  bool spaced;
  bool blank;
  bool within;  // a word that is begun already
};

void TextMemory::FindTokensOf(const Typed& typed) {
  begins_.assign(forms_.tokenizer().vocab_size(), 0);
  for (const TokenId id : forms_.BeginningWith(typed.word.front())) {
    const auto bytes = typed.WordOf(forms_.Bytes(id));
    begins_[id] =
        bytes.starts_with(typed.word) || typed.word.starts_with(bytes) ? 1 : 0;
  }
}

// Whether the text from source.text[at] on, whose first token may begin so,
// begins with what is typed, and within a word if and only if that is.
bool TextMemory::GoesOn(const Source& source, size_t at,
                        const Typed& typed) const {
  const std::span<const TokenId> tokens = source.text.tokens;
  const auto bytes_of = [&](size_t i) { return forms_.Bytes(tokens[i]); };
  const std::string_view first = bytes_of(at);
  if (IsWord(typed.word.front()) && IsWord(first.front())) {
    const bool within = at > 0 && EndsInWord(bytes_of(at - 1));
    if (within != typed.within) return false;
  }
  std::string_view word = typed.word;
  std::string_view bytes = typed.WordOf(first);
  while (bytes.size() < word.size()) {
    if (!word.starts_with(bytes)) return false;
    word.remove_prefix(bytes.size());
    if (++at == tokens.size()) return false;
    bytes = bytes_of(at);
    if (bytes.empty()) return false;
  }
  return bytes.starts_with(word);
}

// Returns the token that says what `found` does, with or without a space.
std::optional<TokenId> TextMemory::TokenToSay(TokenId found,
                                              const Typed& typed) const {
  const std::string_view bytes = forms_.Bytes(found);
  const bool spaced = typed.WordOf(bytes).size() < bytes.size();
  if (spaced == typed.spaced) return found;
  if (typed.spaced) return forms_.Spaced(found);
  const TokenId plain = forms_.Plain(found);
  return plain == found ? std::nullopt : std::optional(plain);
}

void TextMemory::MatchTyped(const Source& source, const Typed& typed) {
  const TokenView& text = source.text;
  Places places;
  const auto take = [&](size_t at) {
    if (begins_[text.tokens[at]] == 0) return;
    const size_t length = LengthAt(source, at);
    if (!places.Counts(length) || !GoesOn(source, at, typed)) return;
    const auto next = TokenToSay(text.tokens[at], typed);
    if (!next) return;
    places.Take();
    Add(source, length, *next);
  };
  size_t begin = 0;  // of what was not looked at
  size_t end = text.size();
  const auto take_near = [&](size_t at) {
    take(at);
    if (source.from_end) end = at;
    if (!source.from_end) begin = at + 1;
    return !places.near_full();
  };
  if (typed.blank) {  // words may begin with it that have another letter
    TakeAll(text.size(), source.from_end, take_near);
  } else {
    const auto letter = static_cast<uint8_t>(typed.word.front());
    FindAll(text.letters, source.from_end, letter, take_near);
  }
  begin = std::max<size_t>(begin, 1);
  if (!places.near_full() || past_.size() == 0 || begin >= end) return;
  // What is further off counts only if the tokens before match, too, and the
  // last one of these is found more quickly.
  const uint8_t last = forms_.Mark(past_.view().tokens.back());
  FindAll(text.marks.subspan(begin - 1, end - begin), source.from_end, last,
          [&](size_t before) {
            take(begin + before);
            return !places.full();
          });
}

void TextMemory::FindMatches(std::string_view beginning) {
  matches_.resize(kMemoryScopes * weights_.lengths.size());
  for (std::vector<TokenId>& matches : matches_) matches.clear();
  if (!beginning.empty()) {
    const Typed typed(beginning,
                      past_.size() != 0 &&
                          EndsInWord(forms_.Bytes(past_.view().tokens.back())));
    FindTokensOf(typed);
    for (const Source& source : Sources()) MatchTyped(source, typed);
    MatchCollection(&typed);
  } else if (past_.size() != 0) {
    for (const Source& source : Sources()) MatchLast(source);
    MatchCollection(nullptr);
  }
}

// The collection --------------------------------------------------------------

// Counts the place for a length if it goes on with what is typed (null:
// nothing is).
bool TextMemory::TryPlace(uint32_t place, size_t index, const Typed* typed) {
  const TextCollection& texts = *collection_.texts;
  TokenId next = texts.tokens()[place];
  if (typed != nullptr && begins_[next] == 0) return false;
  if (!collection_.Counts(place)) return false;
  if (typed != nullptr) {
    const TextCollection::Text text = texts.TextAt(place);
    if (!GoesOn({.text = {.tokens = text.tokens,
                          .plain = {},
                          .marks = {},
                          .letters = {}}},
                place - text.begin, *typed)) {
      return false;
    }
    const auto said = TokenToSay(next, *typed);
    if (!said) return false;
    next = *said;
  }
  const bool is_near = collection_.IsNear(place);
  Matches(index, is_near ? MemoryScope::kFolder : MemoryScope::kRepository)
      .push_back(next);
  return true;
}

size_t TextMemory::MatchRange(const std::vector<TextCollection::Range>& ranges,
                              size_t index, const Typed* typed, size_t room) {
  const auto& lengths = weights_.lengths;
  const TextCollection::Range all = ranges[lengths[index] - 1];
  // What is in the next longer one was counted there.
  TextCollection::Range longer{all.begin, all.begin};
  if (index + 1 < lengths.size() && lengths[index + 1] <= ranges.size()) {
    longer = ranges[lengths[index + 1] - 1];
  }
  const size_t size = all.size() - longer.size();
  const size_t tried = typed == nullptr ? room : kMostTried;
  const size_t step = std::max<size_t>((size + tried - 1) / tried, 1);
  const size_t before = longer.begin - all.begin;
  size_t found = 0;
  for (size_t i = 0; i < size && found < room; i += step) {
    const size_t rank = i < before ? all.begin + i : longer.end + (i - before);
    const uint32_t place =
        collection_.texts->Place(static_cast<uint32_t>(rank));
    if (TryPlace(place, index, typed)) ++found;
  }
  return found;
}

// Words that begin with what is typed, whatever is before them, but for those
// that MatchRange counts.
void TextMemory::MatchWithoutPast(const Typed& typed, size_t room) {
  const TextCollection& texts = *collection_.texts;
  std::vector<TextCollection::Range> words;
  size_t size = 0;
  for (const TokenId id : forms_.BeginningWith(typed.word.front())) {
    // The places behind a word are those of its plain form.
    if (begins_[id] == 0 || forms_.Plain(id) != id) continue;
    words.push_back(texts.Behind(id));
    size += words.back().size();
  }
  const bool has_one = std::ranges::count(weights_.lengths, size_t{1}) > 0;
  const TokenId last = past_.size() == 0 ? 0 : past_.view().plain.back();
  const size_t step = std::max<size_t>((size + kMostTried - 1) / kMostTried, 1);
  size_t found = 0;
  size_t skip = 0;  // of the next range
  for (const TextCollection::Range& range : words) {
    size_t i = skip;
    for (; i < range.size() && found < room; i += step) {
      const uint32_t place =
          texts.Place(static_cast<uint32_t>(range.begin + i)) - 1;
      const TextCollection::Text text = texts.TextAt(place);
      const bool counted = has_one && past_.size() != 0 && place > text.begin &&
                           forms_.Plain(texts.tokens()[place - 1]) == last;
      if (!counted && TryPlace(place, 0, &typed)) ++found;
    }
    skip = i - std::min(i, range.size());
  }
}

void TextMemory::MatchCollection(const Typed* typed) {
  if (collection_.texts == nullptr) return;
  const auto& lengths = weights_.lengths;
  const auto ranges =
      collection_.texts->Find(past_.view().plain, lengths.back());
  size_t room = kMostPlaces;
  for (size_t index = lengths.size(); index-- > 0 && room > 0;) {
    if (lengths[index] == 0) {
      if (typed != nullptr) MatchWithoutPast(*typed, room);
    } else if (lengths[index] <= ranges.size()) {
      room -= MatchRange(ranges, index, typed, room);
    }
  }
}

// The mixture -----------------------------------------------------------------

void TextMemory::Tally::Add(TokenId next) {
  ++vote.count;
  const uint32_t count = ++counts[next];
  if (count == 1) tokens.push_back(next);
  // Of equals the one with the smallest id, in whatever order they come.
  if (count > vote.most || (count == vote.most && next < vote.likeliest)) {
    vote.most = count;
    vote.likeliest = next;
  }
}

void TextMemory::Tally::Clear() {
  for (const TokenId token : tokens) counts[token] = 0;
  tokens.clear();
  vote = {};
}

float TextMemory::WeightOf(const MemoryVote& vote) const {
  float sum = weights_.bias[vote.length];
  for (size_t i = 0; i < kMemoryFeatures; ++i) {
    sum += vote.features[i] * weights_.features[i];
  }
  return 1 / (1 + std::exp(-sum));
}

void TextMemory::AddShares(const Tally& tally, float weight) {
  const float each = weight / static_cast<float>(tally.vote.count);
  for (const TokenId token : tally.tokens) {
    if (share_[token] == 0) said_.push_back(token);
    share_[token] += each * static_cast<float>(tally.counts[token]);
  }
}

// Sums up the memory's shares, and returns what is left for the model.
float TextMemory::Vote(std::span<const float> logits, float log_sum,
                       size_t typed_bytes) {
  const size_t likeliest = simd::ArgMax(logits.data(), logits.size());
  const ModelSays model{.logits = logits,
                        .log_sum = log_sum,
                        .surest = std::exp(logits[likeliest] - log_sum)};
  float left = 1;
  for (Tally& tally : tallies_) tally.counts.resize(logits.size(), 0);
  // At each length this document's come first, as if they were longer.
  for (size_t rank = 0; rank < matches_.size(); ++rank) {
    const size_t length = weights_.lengths.size() - 1 - rank / kMemoryScopes;
    const auto scope = static_cast<MemoryScope>(rank % kMemoryScopes);
    Tally& tally = tallies_[rank % kMemoryScopes];
    const uint32_t before = tally.vote.count;
    for (const TokenId next : Matches(length, scope)) {
      // A word that is typed may go on only with what begins with it.
      if (std::isfinite(logits[next])) tally.Add(next);
    }
    MemoryVote& vote = tally.vote;
    if (vote.count == before) continue;
    vote.length = length;
    vote.scope = scope;
    vote.features = FeaturesOf(vote, model, typed_bytes);
    const float weight = WeightOf(vote);
    AddShares(tally, left * weight);
    left *= 1 - weight;
    votes_.push_back(vote);
  }
  for (Tally& tally : tallies_) tally.Clear();
  return left;
}

std::span<const float> TextMemory::Mix(std::span<const float> logits,
                                       std::string_view beginning) {
  votes_.clear();
  const float log_sum = simd::LogSumExp(logits.data(), logits.size());
  if (!std::isfinite(log_sum)) return logits;
  FindMatches(beginning);
  share_.resize(logits.size(), 0);
  const float left = Vote(logits, log_sum, beginning.size());
  if (votes_.empty()) return logits;
  mixed_.resize(logits.size());
  const float shift = std::log(left) - log_sum;
  for (size_t id = 0; id < logits.size(); ++id) mixed_[id] = logits[id] + shift;
  for (const TokenId token : said_) {
    mixed_[token] = std::log(std::exp(mixed_[token]) + share_[token]);
    share_[token] = 0;
  }
  said_.clear();
  return mixed_;
}

uint32_t TextMemory::CountOf(const MemoryVote& vote, TokenId token) const {
  ptrdiff_t count = 0;
  for (size_t i = kMemoryScopes * vote.length + static_cast<size_t>(vote.scope);
       i < matches_.size(); i += kMemoryScopes) {
    count += std::ranges::count(matches_[i], token);
  }
  return static_cast<uint32_t>(count);
}

}  // namespace krait::engine
