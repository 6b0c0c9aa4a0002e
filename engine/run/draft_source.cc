// SPDX-License-Identifier: Apache-2.0
#include "engine/run/draft_source.h"

#include <algorithm>

namespace krait::engine {
namespace {

using Continuation = std::span<const TokenId>;

// Returns how many tokens before `end` are those at the end of all.
size_t MatchBefore(std::span<const TokenId> tokens, size_t end) {
  const size_t most = std::min(end, DraftSource::kMostMatch);
  size_t match = 0;
  while (match < most &&
         tokens[end - 1 - match] == tokens[tokens.size() - 1 - match]) {
    ++match;
  }
  return match;
}

// Returns the token that most have at an index; of equals that of the first.
TokenId MostHave(const std::vector<Continuation>& all, size_t at) {
  TokenId likeliest = 0;
  ptrdiff_t most = 0;
  for (const Continuation& one : all) {
    const auto count = std::ranges::count_if(
        all, [&](const Continuation& other) { return other[at] == one[at]; });
    if (count <= most) continue;
    most = count;
    likeliest = one[at];
  }
  return likeliest;
}

// Returns one that goes on as most do, token by token. Not of none.
Continuation LikeliestOf(std::vector<Continuation> all) {
  Continuation likeliest = all.front();
  for (size_t at = 0; !all.empty(); ++at) {
    likeliest = all.front();
    std::erase_if(all, [at](const auto& one) { return one.size() <= at; });
    if (all.empty()) break;
    const TokenId token = MostHave(all, at);
    std::erase_if(all, [&](const auto& one) { return one[at] != token; });
  }
  return likeliest;
}

}  // namespace

DraftGuess DraftSource::Guess(size_t most) const {
  const DraftGuess said = GuessFromSaid(most);
  if (collection_.texts == nullptr || said.match == kMostMatch) return said;
  const DraftGuess other = GuessFromCollection(most, said.match);
  return other.match > said.match ? other : said;
}

DraftGuess DraftSource::GuessFromSaid(size_t most) const {
  DraftGuess best;
  for (size_t end = tokens_.size(); end-- > 1;) {
    if (tokens_[end - 1] != tokens_.back()) continue;
    const size_t match = MatchBefore(tokens_, end);
    if (match < kLeastMatch || match <= best.match) continue;
    best = {
        .tokens = {tokens_.data() + end, std::min(most, tokens_.size() - end)},
        .match = match};
    if (match == kMostMatch) break;
  }
  return best;
}

DraftGuess DraftSource::GuessFromCollection(size_t most, size_t match) const {
  std::vector<TokenId> past;  // the last token first
  for (size_t at = tokens_.size(); at-- > 0 && past.size() < kMostMatch;) {
    const auto plain = collection_.texts->Plain(tokens_[at]);
    if (!plain) break;
    past.push_back(*plain);
  }
  std::ranges::reverse(past);
  const auto ranges = collection_.texts->Find(past, kMostMatch);
  size_t room = kMostPlaces;
  for (size_t length = ranges.size();
       length > match && length >= kLeastMatch && room > 0; --length) {
    auto found = Continuations(ranges, length, most, &room);
    if (found.empty()) continue;
    return {.tokens = LikeliestOf(std::move(found)),
            .match = length,
            .elsewhere = true};
  }
  return {};
}

std::vector<Continuation> DraftSource::Continuations(
    std::span<const TextCollection::Range> ranges, size_t length, size_t most,
    size_t* room) const {
  const TextCollection& texts = *collection_.texts;
  const TextCollection::Range all = ranges[length - 1];
  const TextCollection::Range longer =
      length < ranges.size() ? ranges[length]
                             : TextCollection::Range{all.end, all.end};
  const size_t size = all.size() - longer.size();
  const size_t step = std::max<size_t>((size + *room - 1) / *room, 1);
  std::vector<uint32_t> places;
  for (size_t i = 0; i < size; i += step) {
    size_t rank = all.begin + i;
    if (rank >= longer.begin) rank += longer.size();
    const uint32_t place = texts.Place(static_cast<uint32_t>(rank));
    if (collection_.Counts(place)) places.push_back(place);
    --*room;
  }
  std::ranges::sort(places);
  std::vector<Continuation> found;
  for (const uint32_t place : places) {
    const TextCollection::Text text = texts.TextAt(place);
    const Continuation rest = text.tokens.subspan(place - text.begin);
    found.push_back(rest.first(std::min(most, rest.size())));
  }
  return found;
}

}  // namespace krait::engine
