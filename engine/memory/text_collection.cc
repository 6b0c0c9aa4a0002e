// SPDX-License-Identifier: Apache-2.0
//
// Sorting: by the last token before each place with a count of each token (one
// pass), then each of these buckets by the tokens before that. Of real code the
// first few tokens decide nearly all comparisons.
#include "engine/memory/text_collection.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/memory/text_tokens.h"

namespace krait::engine {

TokenId TextCollection::Before(uint32_t place, size_t back) const {
  const TokenId token = tokens_[place - back];
  return token == kGap ? kGap : plain_of_[token];
}

bool TextCollection::Less(uint32_t a, uint32_t b) const {
  for (size_t back = 2; back <= kMaxLength; ++back) {
    const TokenId of_a = Before(a, back);
    const TokenId of_b = Before(b, back);
    if (of_a != of_b) return of_a < of_b;
    if (of_a == kGap) break;
  }
  return a < b;
}

bool TextCollection::Sort(const TokenForms& forms,
                          const std::stop_token& stop) {
  const size_t vocab = forms.tokenizer().vocab_size();
  plain_of_.resize(vocab);
  for (size_t id = 0; id < vocab; ++id) {
    plain_of_[id] = forms.Plain(static_cast<TokenId>(id));
  }
  // A place has a token, and one before it.
  const auto is_place = [this](size_t at) {
    return tokens_[at] != kGap && tokens_[at - 1] != kGap;
  };
  behind_.assign(vocab + 1, 0);
  for (size_t at = 1; at < tokens_.size(); ++at) {
    if (is_place(at)) ++behind_[Before(static_cast<uint32_t>(at), 1) + 1];
  }
  std::partial_sum(behind_.begin(), behind_.end(), behind_.begin());
  order_.resize(behind_.back());
  std::vector<uint32_t> next(behind_.begin(), behind_.end() - 1);
  for (size_t at = 1; at < tokens_.size(); ++at) {
    if (!is_place(at)) continue;
    const auto place = static_cast<uint32_t>(at);
    order_[next[Before(place, 1)]++] = place;
  }
  for (size_t id = 0; id < vocab; ++id) {
    if (stop.stop_requested()) return false;
    std::sort(order_.begin() + behind_[id], order_.begin() + behind_[id + 1],
              [this](uint32_t a, uint32_t b) { return Less(a, b); });
  }
  return true;
}

TextCollection::Range TextCollection::Behind(TokenId plain) const {
  return {behind_[plain], behind_[plain + 1]};
}

std::vector<TextCollection::Range> TextCollection::Find(
    std::span<const TokenId> past, size_t most) const {
  std::vector<Range> ranges;
  most = std::min({most, past.size(), kMaxLength});
  if (most == 0) return ranges;
  Range range = Behind(past.back());
  for (size_t length = 1; range.size() > 0; ++length) {
    ranges.push_back(range);
    if (length == most) break;
    const size_t back = length + 1;
    const TokenId wanted = past[past.size() - back];
    const auto first = order_.begin() + range.begin;
    const auto last = order_.begin() + range.end;
    const auto begin = std::lower_bound(
        first, last, wanted,
        [&](uint32_t p, TokenId token) { return Before(p, back) < token; });
    const auto end = std::upper_bound(
        begin, last, wanted,
        [&](TokenId token, uint32_t p) { return token < Before(p, back); });
    range = {static_cast<uint32_t>(begin - order_.begin()),
             static_cast<uint32_t>(end - order_.begin())};
  }
  return ranges;
}

TextCollection::Text TextCollection::TextAt(uint32_t place) const {
  const auto after = std::upper_bound(begins_.begin(), begins_.end(), place);
  const uint32_t begin = *(after - 1);
  // The gap of the next text is no part of this one.
  const uint32_t end = *after - 1;
  return {.tokens = std::span(tokens_).subspan(begin, end - begin),
          .begin = begin};
}

TextCollection::Range TextCollection::PlacesOf(std::string_view name) const {
  const auto found =
      std::lower_bound(by_name_.begin(), by_name_.end(), name,
                       [this](uint32_t i, std::string_view wanted) {
                         return names_[i] < wanted;
                       });
  if (found == by_name_.end() || names_[*found] != name) return {};
  return {begins_[*found], begins_[*found + 1] - 1};
}

std::vector<TextCollection::Range> TextCollection::PlacesIn(
    std::string_view folder) const {
  std::string begin(folder);
  if (!begin.empty()) begin += '/';
  auto i = by_name_.begin();
  const auto go_to = [&](const std::string& name) {
    i = std::lower_bound(i, by_name_.end(), name,
                         [this](uint32_t text, const std::string& wanted) {
                           return names_[text] < wanted;
                         });
  };
  std::vector<Range> ranges;
  go_to(begin);
  while (i != by_name_.end() && names_[*i].starts_with(begin)) {
    const std::string& name = names_[*i];
    const size_t slash = name.find('/', begin.size());
    if (slash == std::string::npos) {
      ranges.push_back({begins_[*i], begins_[*i + 1] - 1});
      ++i;
    } else {
      constexpr char kBehindSlash = '/' + 1;
      go_to(name.substr(0, slash) + kBehindSlash);
    }
  }
  std::ranges::sort(ranges, {}, &Range::begin);
  return ranges;
}

size_t TextCollection::bytes() const {
  size_t names = 0;
  for (const std::string& name : names_) {
    names += sizeof(std::string) + name.size();
  }
  return tokens_.capacity() * sizeof(TokenId) +
         plain_of_.capacity() * sizeof(TokenId) +
         (order_.capacity() + behind_.capacity() + begins_.capacity() +
          by_name_.capacity()) *
             sizeof(uint32_t) +
         names;
}

bool RememberedCollection::Counts(uint32_t place) const {
  return std::ranges::none_of(left_out, [place](const auto& range) {
    return range.begin <= place && place < range.end;
  });
}

bool RememberedCollection::IsNear(uint32_t place) const {
  const auto behind = std::ranges::upper_bound(nearby, place, {},
                                               &TextCollection::Range::begin);
  return behind != nearby.begin() && place < (behind - 1)->end;
}

// Building --------------------------------------------------------------------

TextCollection::Builder::Builder(const TokenForms& forms, size_t most_tokens,
                                 Tokens tokens)
    : forms_(forms),
      most_tokens_(
          std::min<size_t>(most_tokens, std::numeric_limits<int32_t>::max())),
      tokens_(tokens),
      collection_(new TextCollection) {
  // Before a place are its text's tokens, or a gap.
  collection_->tokens_.push_back(kGap);
}

bool TextCollection::Builder::Add(std::string name, std::string_view text) {
  std::vector<TokenId> ids;
  if (tokens_ == Tokens::kOfTexts) {
    ids = forms_.tokenizer().Encode(text, DummyPrefix::kNone);
  } else {
    const TextTokens read(std::string(text), forms_, nullptr);
    ids.assign(read.tokens().tokens.begin(), read.tokens().tokens.end());
  }
  auto& tokens = collection_->tokens_;
  if (tokens.size() + ids.size() + 1 > most_tokens_) return false;
  collection_->names_.push_back(std::move(name));
  collection_->begins_.push_back(static_cast<uint32_t>(tokens.size()));
  tokens.insert(tokens.end(), ids.begin(), ids.end());
  tokens.push_back(kGap);
  return true;
}

TextCollectionPtr TextCollection::Builder::Build(const std::stop_token& stop) {
  collection_->begins_.push_back(
      static_cast<uint32_t>(collection_->tokens_.size()));
  collection_->tokens_.shrink_to_fit();
  const auto& names = collection_->names_;
  collection_->by_name_.resize(names.size());
  std::iota(collection_->by_name_.begin(), collection_->by_name_.end(), 0U);
  std::ranges::sort(collection_->by_name_, [&names](uint32_t a, uint32_t b) {
    return names[a] < names[b];
  });
  if (!collection_->Sort(forms_, stop)) return nullptr;
  return TextCollectionPtr(std::move(collection_));
}

}  // namespace krait::engine
