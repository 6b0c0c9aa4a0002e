// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/session_status.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <utility>

#include "base/json_text.h"
#include "lsp/acceptance_types.h"

namespace krait::daemon {
namespace {

double Milliseconds(const completion::CompletionTrace& trace) {
  const auto whole =
      trace.queue + trace.tokenize + trace.prefill + trace.decode + trace.post;
  return std::chrono::duration<double, std::milli>(whole).count();
}

boost::json::object DetailsOf(const SessionActivity& activity,
                              const CompletionHost& host) {
  const completion::WarmStatus warm = host.status().warm;
  const auto& loaded = host.loaded();
  boost::json::object json;
  json["model"] = loaded && *loaded ? **loaded : std::string();
  json["loading"] = !loaded;
  const completion::CompletionTrace trace =
      activity.last.value_or(completion::CompletionTrace{});
  // Without a model run all was there.
  const size_t kept = trace.tokens_reused + trace.tokens_replayed;
  json["warm"] =
      activity.last && (trace.typed_through || kept >= trace.tokens_computed);
  json["tokens_reused"] = kept;
  json["tokens_computed"] = trace.tokens_computed;
  json["tokens_generated"] = trace.tokens_generated;
  json["ms"] = Milliseconds(trace);
  json["states_bytes"] = warm.held_bytes;
  json["states_budget_bytes"] = warm.budget_bytes;
  return json;
}

}  // namespace

void StatusNotifier::Update(const SessionActivity& activity,
                            const CompletionHost& host) {
  const auto& loaded = host.loaded();
  lsp::DidChangeStatusParams status;
  status.busy = activity.busy || !loaded;
  status.krait.text = base::JsonText(DetailsOf(activity, host));
  if (!loaded) {
    status.message = "loading the model";
  } else if (!*loaded) {
    status.kind = lsp::StatusKind::kError;
    status.message = loaded->error().message;
  } else if (!activity.inactive_because.empty()) {
    status.kind = lsp::StatusKind::kInactive;
    status.message = activity.inactive_because;
  } else if (!activity.not_elsewhere_because.empty()) {
    status.kind = lsp::StatusKind::kWarning;
    status.message = activity.not_elsewhere_because;
  } else if (!host.model_warning().empty()) {
    status.kind = lsp::StatusKind::kWarning;
    status.message = host.model_warning();
  } else {
    status.message = **loaded;
  }
  std::string text = ToJson(status).text;
  if (text == sent_) return;
  sent_ = std::move(text);
  client_->Notify("didChangeStatus", status);
}

}  // namespace krait::daemon
