// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <vector>

#include "base/json_text.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/memory_limit.h"
#include "daemon/model_lookup.h"
#include "daemon/model_memory.h"
#include "daemon/models/size_text.h"
#include "daemon/terminal.h"
#include "daemon/tools/chat_fact.h"
#include "daemon/tools/fim_facts.h"
#include "daemon/tools/model_check.h"

namespace krait::daemon {
namespace {

boost::json::object ShapeToJson(const engine::Hyperparameters& hparams) {
  boost::json::object json;
  json["layers"] = hparams.layers;
  json["d_model"] = hparams.d_model;
  json["vocab"] = hparams.vocab;
  json["context_length"] = hparams.context_length;
  if (hparams.Has(engine::MixerKind::kMamba1)) {
    json["d_inner"] = hparams.mamba1.d_inner;
    json["state"] = hparams.mamba1.state;
    json["dt_rank"] = hparams.mamba1.dt_rank;
  }
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

void PrintRow(std::string_view label, std::string_view value) {
  PrintLine(fmt::format("{:<14} {}", label, value));
}

std::string MemoryText(const ModelSummary& summary) {
  const auto fits = CheckFitsMemory(summary.name, summary.memory);
  return fmt::format("needs {}, {} may be used: {}",
                     models::SizeText(summary.memory.needed()),
                     models::SizeText(ProcessMemoryLimit().bytes),
                     fits ? "fits" : "does not fit");
}

void PrintSummary(const ModelSummary& summary, const FimFacts& fim,
                  const ChatFact& chat) {
  PrintRow("name", summary.name);
  PrintRow("path", summary.path.string());
  PrintRow("size", BytesText(summary.bytes));
  PrintRow("architecture", summary.architecture);
  PrintRow("parameters", ParametersText(summary.parameters));
  PrintRow("quantisation", summary.quantisation);
  for (const auto& [label, value] : FimRows(fim)) PrintRow(label, value);
  PrintRow("chat", chat.row.empty() ? "no: " + chat.reason : chat.row);
  PrintRow("memory", MemoryText(summary));
  PrintRow("licence", summary.licence);
  if (!summary.unsupported.empty()) {
    PrintRow("not supported",
             fmt::format("{}: {}", summary.unsupported, SupportedModels()));
  }
  for (const auto& entry : ShapeToJson(summary.hparams)) {
    PrintRow(entry.key(), base::JsonText(entry.value()));
  }
  PrintLine("");
  for (const auto& [key, value] : summary.metadata) {
    PrintLine(fmt::format("{} = {}", key, value));
  }
}

}  // namespace

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

int RunModelInfo(const ModelArguments& arguments) {
  const auto path = FindModelOf(arguments.model);
  if (!path) return ReportError(path.error());
  const auto summary = Summarise(*path);
  if (!summary) return ReportError(summary.error());
  const FimFacts fim = FindFimFacts(*path, arguments.model.fim);
  const ChatFact chat = FindChatFact(*path);
  if (!arguments.json) {
    PrintSummary(*summary, fim, chat);
    return FinishOutput(kExitOk);
  }
  boost::json::object json = SummaryToJson(*summary);
  json["fim"] = fim.layout;
  json["fim_reason"] = fim.reason;
  json["fim_tokens"] = FimToJson(fim);
  json["chat"] = chat.row;
  json["chat_reason"] = chat.reason;
  json["memory_needed"] = summary->memory.needed();
  json["fits"] = CheckFitsMemory(summary->name, summary->memory).has_value();
  json["shape"] = ShapeToJson(summary->hparams);
  boost::json::object metadata;
  for (const auto& [key, value] : summary->metadata) metadata[key] = value;
  json["metadata"] = std::move(metadata);
  PrintLine(base::JsonText(json));
  return FinishOutput(kExitOk);
}

int RunModelVerify(const ModelArguments& arguments) {
  const auto path = FindModelOf(arguments.model);
  if (!path) return ReportError(path.error());
  size_t hashed = 0;
  const auto verified = CheckModel(*path, &hashed);
  if (arguments.json) {
    boost::json::object json;
    json["path"] = path->string();
    json["ok"] = verified.has_value();
    if (verified) {
      json["tensors"] = verified->tensors;
      json["parameters"] = verified->parameters;
      json["files_hashed"] = hashed;
      json["warnings"] = boost::json::value_from(verified->warnings);
    } else {
      json["error"] = verified.error().message;
    }
    PrintLine(base::JsonText(json));
  }
  if (!verified) return ReportError(verified.error());
  if (!arguments.json) {
    PrintLine(fmt::format(
        "{}: good ({} tensors, {} parameters, {}, {})", path->string(),
        verified->tensors, verified->parameters,
        hashed == 0 ? "no hash known" : "hash as it was fetched",
        verified->has_tokenizer ? "tokenizer works" : "no tokenizer"));
    for (const std::string& warning : verified->warnings) {
      PrintLine("warning: " + warning);
    }
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
