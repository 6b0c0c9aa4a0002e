// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/trace_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "base/json_text.h"

namespace krait::completion {
namespace {

// What was not decided, as no model ran, is null.
boost::json::value TextOrNull(const std::string& text) {
  if (text.empty()) return nullptr;
  return boost::json::value(text);
}

boost::json::object ContextToJson(const CompletionTrace& trace) {
  boost::json::array pieces;
  for (const ContextPiece& piece : trace.context->pieces()) {
    pieces.push_back(boost::json::object{
        {"path", base::JsonString(piece.path)},
        {"line", piece.begin_line},
        {"lines", std::count(piece.text.begin(), piece.text.end(), '\n')},
        {"reason", ContextReasonName(piece.reason)}});
  }
  return {{"tokens", trace.tokens_of_context}, {"pieces", std::move(pieces)}};
}

}  // namespace

double Milliseconds(Clock::duration duration) {
  const auto us =
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<double>(us) / 1000.0;
}

boost::json::object TraceToJson(const CompletionTrace& trace) {
  boost::json::object json;
  json["plan"] = PromptPlanName(trace.plan);
  if (!trace.plan_reason.empty()) json["plan_reason"] = trace.plan_reason;
  json["tokens_reused"] = trace.tokens_reused;
  json["tokens_replayed"] = trace.tokens_replayed;
  json["tokens_computed"] = trace.tokens_computed;
  json["tokens_generated"] = trace.tokens_generated;
  if (trace.context != nullptr) json["context"] = ContextToJson(trace);
  json["stop"] = TextOrNull(trace.stop);
  json["extent"] = TextOrNull(trace.extent);
  json["syntax"] = TextOrNull(trace.syntax);
  if (trace.mean_logprob) {
    json["mean_logprob"] = *trace.mean_logprob;
  } else {
    json["mean_logprob"] = nullptr;
  }
  boost::json::object ms;
  ms["queue"] = Milliseconds(trace.queue);
  ms["tokenize"] = Milliseconds(trace.tokenize);
  ms["prefill"] = Milliseconds(trace.prefill);
  ms["decode"] = Milliseconds(trace.decode);
  ms["post"] = Milliseconds(trace.post);
  json["ms"] = std::move(ms);
  if (!trace.hurried.empty()) json["hurried"] = trace.hurried;
  json["suppressed_by"] = TextOrNull(trace.suppressed_by);
  if (trace.typed_through) json["typed_through"] = true;
  return json;
}

}  // namespace krait::completion
