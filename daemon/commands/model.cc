// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <vector>

#include "daemon/host/local/model_summary.h"
#include "daemon/json_text.h"
#include "daemon/model_lookup.h"
#include "daemon/terminal.h"
#include "daemon/tools/model_verify.h"

namespace krait::daemon {
namespace {

boost::json::object SummaryToJson(const ModelSummary& summary) {
  boost::json::object json;
  json["name"] = summary.name;
  json["path"] = summary.path.string();
  json["bytes"] = summary.bytes;
  json["architecture"] = summary.architecture;
  json["parameters"] = summary.parameters;
  json["quantisation"] = summary.quantisation;
  json["fim"] = summary.fim;
  json["licence"] = summary.licence;
  json["supported"] = summary.unsupported.empty();
  return json;
}

boost::json::object ShapeToJson(const engine::Hyperparameters& hparams) {
  boost::json::object json;
  json["layers"] = hparams.layers;
  json["d_model"] = hparams.d_model;
  json["vocab"] = hparams.vocab;
  json["context_length"] = hparams.context_length;
  if (hparams.Has(engine::MixerKind::kMamba2)) {
    json["d_inner"] = hparams.mamba2.d_inner;
    json["heads"] = hparams.mamba2.heads;
    json["head_dim"] = hparams.mamba2.head_dim;
    json["state"] = hparams.mamba2.state;
    json["groups"] = hparams.mamba2.groups;
  }
  if (hparams.Has(engine::MixerKind::kAttention)) {
    json["heads"] = hparams.attention.heads;
    json["kv_heads"] = hparams.attention.kv_heads;
    json["head_dim"] = hparams.attention.head_dim;
    json["d_ff"] = hparams.d_ff;
    json["sliding_window"] = hparams.attention.sliding_window;
  }
  return json;
}

// Whether a model that cannot be used is at least of a kind that can.
bool IsSupported(const base::Error& error) {
  return error.code != base::ErrorCode::kUnsupported;
}

std::string ListText(const base::Result<ModelSummary>& summary) {
  if (!summary) {
    return fmt::format(
        "{}: {}", IsSupported(summary.error()) ? "broken" : "not supported",
        summary.error().message);
  }
  if (!summary->unsupported.empty()) {
    return fmt::format("not supported: {}", summary->unsupported);
  }
  return fmt::format("{:<8} {:>8} {:<6} fim {:<9} {:>9}  {}",
                     summary->architecture, ParametersText(summary->parameters),
                     summary->quantisation, summary->fim,
                     BytesText(summary->bytes), summary->licence);
}

void PrintRow(std::string_view label, std::string_view value) {
  PrintLine(fmt::format("{:<14} {}", label, value));
}

void PrintSummary(const ModelSummary& summary) {
  PrintRow("name", summary.name);
  PrintRow("path", summary.path.string());
  PrintRow("size", BytesText(summary.bytes));
  PrintRow("architecture", summary.architecture);
  PrintRow("parameters", ParametersText(summary.parameters));
  PrintRow("quantisation", summary.quantisation);
  PrintRow("fim", summary.fim);
  PrintRow("licence", summary.licence);
  if (!summary.unsupported.empty()) {
    PrintRow("not supported",
             fmt::format("{}: {}", summary.unsupported, SupportedModels()));
  }
  for (const auto& entry : ShapeToJson(summary.hparams)) {
    PrintRow(entry.key(), JsonText(entry.value()));
  }
  PrintLine("");
  for (const auto& [key, value] : summary.metadata) {
    PrintLine(fmt::format("{} = {}", key, value));
  }
}

}  // namespace

int RunModelInfo(const ModelArguments& arguments) {
  const auto path = FindModelOf(arguments.model);
  if (!path) return ReportError(path.error());
  const auto summary = Summarise(*path);
  if (!summary) return ReportError(summary.error());
  if (!arguments.json) {
    PrintSummary(*summary);
    return FinishOutput(kExitOk);
  }
  boost::json::object json = SummaryToJson(*summary);
  json["shape"] = ShapeToJson(summary->hparams);
  boost::json::object metadata;
  for (const auto& [key, value] : summary->metadata) metadata[key] = value;
  json["metadata"] = std::move(metadata);
  PrintLine(JsonText(json));
  return FinishOutput(kExitOk);
}

int RunModelList(const ModelArguments& arguments) {
  const auto env = ModelEnvironment::OfProcess();
  boost::json::array list;
  bool all_supported = true;
  for (const FoundModel& found : ListModels(arguments.model.model, env)) {
    const auto summary = Summarise(found.path);
    boost::json::object json;
    if (summary) {
      json = SummaryToJson(*summary);
    } else {  // one broken file does not hide the others
      json["path"] = found.path.string();
      json["error"] = summary.error().message;
      json["supported"] = IsSupported(summary.error());
    }
    all_supported &= json["supported"].get_bool();
    json["name"] = found.name;
    json["default"] = found.is_default;
    if (!arguments.json) {
      PrintLine(fmt::format("{} {:<28} {}", found.is_default ? '*' : ' ',
                            found.name, ListText(summary)));
    }
    list.push_back(std::move(json));
  }
  if (arguments.json) {
    PrintLine(JsonText(list));
  } else if (list.empty()) {
    PrintLine("no models found");
  } else if (!all_supported) {
    PrintLine(fmt::format("({})", SupportedModels()));
  }
  return FinishOutput(kExitOk);
}

int RunModelVerify(const ModelArguments& arguments) {
  const auto path = FindModelOf(arguments.model);
  if (!path) return ReportError(path.error());
  const auto verified = VerifyModel(*path);
  if (arguments.json) {
    boost::json::object json;
    json["path"] = path->string();
    json["ok"] = verified.has_value();
    if (verified) {
      json["tensors"] = verified->tensors;
      json["parameters"] = verified->parameters;
      json["warnings"] = boost::json::value_from(verified->warnings);
    } else {
      json["error"] = verified.error().message;
    }
    PrintLine(JsonText(json));
  }
  if (!verified) return ReportError(verified.error());
  if (!arguments.json) {
    PrintLine(fmt::format(
        "{}: good ({} tensors, {} parameters, {})", path->string(),
        verified->tensors, verified->parameters,
        verified->has_tokenizer ? "tokenizer works" : "no tokenizer"));
    for (const std::string& warning : verified->warnings) {
      PrintLine("warning: " + warning);
    }
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
