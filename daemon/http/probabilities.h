// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_PROBABILITIES_H_
#define KRAIT_DAEMON_HTTP_PROBABILITIES_H_

// How sure the model is of its tokens, and of which others: as dialects ask for
// it, and as they say it.

#include <boost/json/array.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/host/text_request.h"

namespace krait::base {
class ObjectReader;
}  // namespace krait::base

namespace krait::daemon {

// As many of the likeliest tokens as OpenAI's and Ollama's APIs give for one
// place; and what llama.cpp's, which has no bound, is cut to.
inline constexpr size_t kMostLikeliest = 20;
inline constexpr size_t kMostProbabilities = 100;
// Of one answer, all choices together: some 50 MB of JSON.
inline constexpr size_t kMostAlternatives = 100'000;

// Reads "logprobs", a boolean, and "top_logprobs", how many of the likeliest,
// which needs it. Nothing: neither is wanted.
void ReadLogprobs(base::ObjectReader& reader, std::optional<size_t>* likeliest);
// Reads a number of likeliest tokens from 0 to kMostLikeliest; nothing: none is
// wanted.
void ReadLikeliest(base::ObjectReader& reader, std::string_view key,
                   std::optional<size_t>* likeliest);

// Makes the request want them, if they are wanted. Its tokens and choices are
// set before: of an answer with kMostAlternatives there are no more tokens.
void WantProbabilities(const std::optional<size_t>& likeliest,
                       TextRequest* request);

// Returns the pieces that the text is of: without those of a stop word.
std::span<const SaidPiece> PiecesOfText(const TextChoice& choice);

enum class TokenIds : uint8_t { kLeftOut, kShown };
// [{"token", "logprob", "bytes", "top_logprobs": [{...}]}]
boost::json::array ProbabilitiesOf(std::span<const SaidPiece> pieces,
                                   TokenIds ids);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_PROBABILITIES_H_
