// SPDX-License-Identifier: Apache-2.0
// Bodies of HTTP requests, for each route of each dialect: the first byte says
// which. What is read keeps to its bounds, and each answer can be written. Also
// targets, Host fields and the kernel's table of sockets.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/config/listen_address.h"
#include "daemon/http/access.h"
#include "daemon/http/fields.h"
#include "daemon/http/peer_owner.h"
#include "daemon/http/probabilities.h"
#include "daemon/http/text_documents.h"
#include "tests/daemon/http/fake_vocabulary.h"

namespace krait::daemon {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckText(TextWork work) {
  const TextRequest& request = work.request;
  Require(request.max_tokens <= kMostTokens);
  Require(request.choices >= 1 && request.choices <= kMostChoices);
  Require(request.stops.size() <= kMostStops);
  for (const std::string& stop : request.stops) {
    Require(!stop.empty() && stop.size() <= kLongestStop);
  }
  const size_t likeliest = request.likeliest.value_or(0);
  Require(likeliest <= kMostProbabilities);
  Require(likeliest == 0 || request.max_tokens * request.choices * likeliest <=
                                kMostAlternatives);
  Require(request.sampling.temperature >= 0);
  Require(request.sampling.top_p >= 0 && request.sampling.top_p <= 1);
  Require(request.place.has_value() || request.vocabulary != nullptr);
  TextDelta delta{.text = "a"};
  delta.pieces = {{.id = 97, .bytes = "a", .logprob = -1}};
  delta.pieces[0].likeliest = {{.id = 98, .bytes = "\xff", .logprob = -2}};
  if (work.writer->stream_type()) Require(!work.writer->Part(delta).empty());
  TextAnswer answer = AnswerAb();
  answer.choices.resize(request.choices);
  Require(!work.writer->Whole(answer).empty());
  Require(!work.writer->Failed("x").empty());
}

void CheckRoute(size_t number, const std::string& body) {
  std::vector<std::pair<const Dialect*, const Route*>> routes;
  for (const Dialect* const dialect : Dialects()) {
    for (const Route& route : dialect->routes) {
      routes.emplace_back(dialect, &route);
    }
  }
  const auto& [dialect, route] = routes[number % routes.size()];
  for (const bool chats : {false, true}) {
    auto work = route->read({.method = std::string(route->method),
                             .path = std::string(route->path),
                             .body = body},
                            FakeView(chats));
    if (!work) {
      const unsigned status = StatusOf(*dialect, work.error());
      Require(status >= 400 && status < 600);
      Require(!ErrorReply(dialect, status, work.error().message).body.empty());
    } else if (auto* text = std::get_if<TextWork>(&*work)) {
      CheckText(std::move(*text));
    } else if (auto* embedding = std::get_if<EmbeddingWork>(&*work)) {
      Require(!embedding->texts.empty());
      const std::vector<std::vector<float>> vectors(embedding->texts.size(),
                                                    {0.6F, -0.8F});
      Require(
          !embedding->reply({.vectors = vectors, .tokens = 3}).body.empty());
    }
  }
}

void CheckParts(std::string_view text) {
  const std::string path = PathOfTarget(text);
  Require(path.empty() || path.starts_with('/'));
  if (const auto split = SplitHost(text)) Require(!split->host.empty());
  if (const auto address = ParseListenAddress(text)) {
    const auto again = ParseListenAddress(address->Text());
    Require(again && again->host == address->host);
  }
  const SocketEnd end{.address = std::string("\x7f\0\0\1", 4), .port = 80};
  (void)OwnerIn(text, false, end, end);
  (void)OwnerIn(text, true, end, end);
  TextDocuments documents;
  const std::string name = documents.NameOf(text, text);
  Require(documents.NameOf(text, text) == name);
  const HttpRequest request{.host = std::string(text),
                            .origin = std::string(text),
                            .authorization = std::string(text)};
  const AccessRules rules{.token = "0123456789abcdef"};
  const bool has_token = text.find(rules.token) != text.npos;
  if (CheckAccess(request, rules, false, false) == Access::kAllowed) {
    Require(has_token);
  }
}

}  // namespace
}  // namespace krait::daemon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  krait::daemon::CheckRoute(data[0], body);
  krait::daemon::CheckParts(body);
  return 0;
}
