// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_FIELDS_H_
#define KRAIT_DAEMON_HTTP_FIELDS_H_

// What requests of several dialects have in common.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/piece.h"
#include "daemon/completion/generator/sampling.h"
#include "daemon/completion/generator/vocabulary.h"
#include "daemon/host/text_request.h"
#include "daemon/http/dialect.h"

namespace krait::base {
class ObjectReader;
}  // namespace krait::base

namespace krait::daemon {

// The most that one request may ask for. More tokens and choices are cut to
// that; the others are errors.
inline constexpr size_t kMostTokens = 16384;
inline constexpr size_t kMostChoices = 8;
inline constexpr size_t kMostStops = 64;
inline constexpr size_t kLongestStop = 1024;  // bytes
inline constexpr size_t kMostTurns = 4096;

// Lets `read` take what it knows from a body, a JSON object. An error names the
// field and what was expected.
base::Status ReadBody(std::string_view body,
                      const std::function<void(base::ObjectReader&)>& read);

// How tokens are chosen, by the names that dialects share; what is not given,
// or null, is nothing.
struct SamplingFields {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<double> min_p;
  std::optional<double> repetition_penalty;
  std::optional<int64_t> top_k;
  std::optional<int64_t> seed;
};
// `penalty` and `seed` are the dialect's names for them.
void ReadSampling(base::ObjectReader& reader, std::string_view penalty,
                  std::string_view seed, SamplingFields* fields);
// With `otherwise` for what is not given. Values beyond what makes sense become
// the nearest that does. Without a seed, or with one below 0, it is `random`.
completion::Sampling SamplingOf(const SamplingFields& fields,
                                const completion::Sampling& otherwise,
                                uint64_t random);

// A whole number, be it written as 128.0; may be missing or null.
void ReadWhole(base::ObjectReader& reader, std::string_view key,
               std::optional<int64_t>* number);
// As many tokens or choices as were asked for, within bounds; a negative
// number means as many as there may be.
size_t TokensOf(const std::optional<int64_t>& asked, size_t otherwise);
size_t ChoicesOf(const std::optional<int64_t>& asked);

// A string, a list of them, or null.
void ReadStops(base::ObjectReader& reader, std::string_view key,
               std::vector<std::string>* stops);

// A text, or token ids.
struct PromptField {
  std::string text = {};
  std::optional<std::vector<completion::PieceId>> pieces = {};
};
// Also takes a list that holds one of either.
void ReadPrompt(base::ObjectReader& reader, std::string_view key,
                PromptField* prompt);
// The pieces of a prompt that somebody laid out for this model: what is written
// like a control token is one. kInvalidArgument: an id that is none.
base::Result<std::vector<completion::PieceId>> LaidOutPieces(
    const PromptField& prompt, const completion::Vocabulary& vocabulary);

// [{"role": ..., "content": a text or its parts}, ...]
void ReadTurns(base::ObjectReader& reader, std::string_view key,
               std::vector<completion::ChatTurn>* turns);
// Makes it an error if the field says something, which krait cannot do: what
// was expected is `why`.
void RefuseField(base::ObjectReader& reader, std::string_view key,
                 std::string_view why);

// How the model chooses in conversations if nobody says more.
completion::Sampling ChatSamplingOf(const completion::Vocabulary& vocabulary);

// Makes the request go on with a conversation: with the model's prompt for it
// and, where one is asked, for an engine elsewhere. kUnsupported: none can have
// it, or the one elsewhere is to say how sure it is, which it is not asked for.
base::Status SetConversation(const HttpView& view,
                             std::vector<completion::ChatTurn> turns,
                             const SamplingFields& asked, TextRequest* request);

// A request to fill in between two texts.
TextRequest PlaceRequest(std::string before, std::string after);
// A text that comes with one, beside it.
completion::NearbyText GivenText(std::string name, std::string text);

// "data: {...}", an event of a stream.
std::string EventOf(std::string_view json);
// "2026-01-31T12:00:00Z"
std::string TimeText(int64_t seconds);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_FIELDS_H_
