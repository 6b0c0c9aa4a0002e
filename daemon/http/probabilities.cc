// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/probabilities.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"
#include "daemon/http/fields.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

json::object TokenToJson(const SaidPiece& piece, TokenIds ids) {
  json::object token;
  if (ids == TokenIds::kShown) token["id"] = piece.id;
  json::array bytes;
  for (const char byte : piece.bytes) {
    bytes.emplace_back(static_cast<unsigned char>(byte));
  }
  token["token"] = base::JsonString(piece.bytes);
  token["bytes"] = std::move(bytes);
  token["logprob"] = piece.logprob;
  return token;
}

}  // namespace

void ReadLikeliest(base::ObjectReader& reader, std::string_view key,
                   std::optional<size_t>* likeliest) {
  std::optional<int64_t> asked;
  ReadWhole(reader, key, &asked);
  if (!asked) return;
  reader.Check(*asked >= 0 && *asked <= int64_t{kMostLikeliest}, key,
               fmt::format("a number from 0 to {}", kMostLikeliest));
  if (reader.status()) *likeliest = static_cast<size_t>(*asked);
}

void ReadLogprobs(base::ObjectReader& reader,
                  std::optional<size_t>* likeliest) {
  bool wanted = false;
  std::optional<size_t> count;
  reader.Optional("logprobs", &wanted);
  ReadLikeliest(reader, "top_logprobs", &count);
  reader.Check(wanted || count.value_or(0) == 0, "top_logprobs",
               "\"logprobs\": true beside it");
  if (wanted) *likeliest = count.value_or(0);
}

void WantProbabilities(const std::optional<size_t>& likeliest,
                       TextRequest* request) {
  request->likeliest = likeliest;
  const size_t of_a_token = likeliest.value_or(0) * request->choices;
  if (of_a_token == 0) return;
  request->max_tokens =
      std::min(request->max_tokens, kMostAlternatives / of_a_token);
}

std::span<const SaidPiece> PiecesOfText(const TextChoice& choice) {
  size_t bytes = 0;
  size_t count = 0;
  while (count < choice.pieces.size() && bytes < choice.text.size()) {
    bytes += choice.pieces[count++].bytes.size();
  }
  return std::span(choice.pieces).first(count);
}

json::array ProbabilitiesOf(std::span<const SaidPiece> pieces, TokenIds ids) {
  json::array all;
  for (const SaidPiece& piece : pieces) {
    json::object token = TokenToJson(piece, ids);
    json::array likeliest;
    for (const SaidPiece& likely : piece.likeliest) {
      likeliest.push_back(TokenToJson(likely, ids));
    }
    token["top_logprobs"] = std::move(likeliest);
    all.push_back(std::move(token));
  }
  return all;
}

}  // namespace krait::daemon
