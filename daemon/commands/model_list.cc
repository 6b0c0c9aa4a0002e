// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model_list.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/json_text.h"
#include "daemon/commands/model.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/memory_limit.h"
#include "daemon/model_lookup.h"
#include "daemon/model_memory.h"
#include "daemon/models/recommended.h"
#include "daemon/models/size_text.h"
#include "daemon/terminal.h"
#include "daemon/tools/model_fit.h"

namespace krait::daemon {
namespace {

// Whether a model that cannot be used is at least of a kind that can.
bool IsSupported(const base::Error& error) {
  return error.code != base::ErrorCode::kUnsupported;
}

// What is known of a model before it runs.
struct Suitability {
  uint64_t needed_bytes = 0;
  bool fits = false;
  bool in_cache = false;                    // of the processor, all of it
  std::optional<double> tokens_per_second;  // predicted, at most
};

Suitability SuitabilityOf(const ModelMemory& memory,
                          std::optional<uint64_t> per_token) {
  Suitability suits;
  suits.needed_bytes = memory.needed();
  suits.fits = CheckFitsMemory({}, memory).has_value();
  if (per_token) suits.tokens_per_second = PredictedSpeed(*per_token);
  suits.in_cache = per_token && !suits.tokens_per_second;
  return suits;
}

std::string SpeedText(double tokens_per_second) {
  constexpr double kExact = 20;
  return fmt::format("{:.{}f} tokens/s", tokens_per_second,
                     tokens_per_second < kExact ? 1 : 0);
}

std::string Text(const Suitability& suits) {
  if (!suits.fits) {
    return fmt::format("does not fit: needs {} of memory, there are {}",
                       models::SizeText(suits.needed_bytes),
                       models::SizeText(ProcessMemoryLimit().bytes));
  }
  if (suits.in_cache) return "fits, into the processor's cache";
  if (!suits.tokens_per_second) return "fits";
  return fmt::format("fits, at most {}", SpeedText(*suits.tokens_per_second));
}

void AddJson(const Suitability& suits, boost::json::object* json) {
  (*json)["memory_needed"] = suits.needed_bytes;
  (*json)["fits"] = suits.fits;
  if (suits.tokens_per_second) {
    (*json)["predicted_tokens_per_second"] = *suits.tokens_per_second;
  }
}

std::string_view FormatOf(const FoundModel& found) {
  return std::filesystem::is_directory(found.path) ? "safetensors" : "gguf";
}

std::string ListText(const FoundModel& found,
                     const base::Result<ModelSummary>& summary,
                     const std::optional<Suitability>& suits) {
  if (!summary) {
    return fmt::format(
        "{}: {}", IsSupported(summary.error()) ? "broken" : "not supported",
        summary.error().message);
  }
  if (!summary->unsupported.empty()) {
    return fmt::format("not supported: {}", summary->unsupported);
  }
  return fmt::format("{:<13} {:>8} {:<6} {:<11} fim {:<9} {:>9}  {}; {}",
                     summary->architecture, ParametersText(summary->parameters),
                     summary->quantisation, FormatOf(found), summary->fim,
                     BytesText(summary->bytes), summary->licence,
                     suits ? Text(*suits) : "");
}

boost::json::object ModelToJson(const FoundModel& found,
                                const base::Result<ModelSummary>& summary,
                                const std::optional<Suitability>& suits) {
  boost::json::object json;
  if (summary) {
    json = SummaryToJson(*summary);
  } else {  // one broken file does not hide the others
    json["path"] = found.path.string();
    json["error"] = summary.error().message;
    json["supported"] = IsSupported(summary.error());
  }
  json["name"] = found.name;
  json["store"] = found.store;
  json["format"] = FormatOf(found);
  json["default"] = found.is_default;
  if (suits) AddJson(*suits, &json);
  return json;
}

std::string RowName(const FoundModel& found) {
  return found.store == "krait"
             ? found.name
             : fmt::format("{} ({})", found.name, found.store);
}

int ListLocal(const ModelListArguments& arguments) {
  boost::json::array list;
  bool all_supported = true;
  for (const FoundModel& found :
       ListModels(arguments.model.model, ModelEnvironment::OfProcess())) {
    const auto summary = Summarise(found.path);
    std::optional<Suitability> suits;
    if (summary && summary->unsupported.empty()) {
      suits = SuitabilityOf(summary->memory, BytesPerToken(found.path));
    }
    boost::json::object json = ModelToJson(found, summary, suits);
    all_supported &= json["supported"].get_bool();
    if (!arguments.json) {
      PrintLine(fmt::format("{} {:<28} {}", found.is_default ? '*' : ' ',
                            RowName(found), ListText(found, summary, suits)));
    }
    list.push_back(std::move(json));
  }
  if (arguments.json) {
    PrintLine(base::JsonText(list));
  } else if (list.empty()) {
    PrintLine("no models found");
  } else if (!all_supported) {
    PrintLine(fmt::format("({})", SupportedModels()));
  }
  return FinishOutput(kExitOk);
}

boost::json::object ModelToJson(const models::RecommendedModel& model,
                                const std::optional<Suitability>& suits) {
  boost::json::object json;
  json["name"] = model.name;
  json["source"] = model.source;
  if (!model.sha256.empty()) json["sha256"] = model.sha256;
  if (model.bytes) json["bytes"] = *model.bytes;
  json["licence"] = model.licence;
  json["fim"] = model.fim;
  json["good_for"] = model.good_for;
  if (model.measured) {
    boost::json::object measured;
    measured["machine"] = model.measured->machine;
    measured["reads"] = model.measured->reads;
    measured["writes"] = model.measured->writes;
    measured["memory_bytes"] = model.measured->memory_bytes;
    json["measured"] = std::move(measured);
  }
  if (suits) AddJson(*suits, &json);
  return json;
}

int ListRemote(const ModelListArguments& arguments) {
  boost::json::array list;
  for (const models::RecommendedModel& model : models::RecommendedModels()) {
    std::optional<Suitability> suits;
    if (model.bytes) {
      suits = SuitabilityOf(EstimateMemory(*model.bytes), *model.bytes);
    }
    if (!arguments.json) {
      PrintLine(fmt::format("{:<16} {:>7}  {:<11} fim {:<8} {}{}", model.name,
                            model.bytes ? models::SizeText(*model.bytes) : "?",
                            model.licence, model.fim, model.good_for,
                            suits ? "; " + Text(*suits) : ""));
    }
    list.push_back(ModelToJson(model, suits));
  }
  if (arguments.json) {
    PrintLine(base::JsonText(list));
  } else {
    PrintLine(
        "(`krait model get NAME` fetches one; `krait setup` also makes "
        "it the default)");
  }
  return FinishOutput(kExitOk);
}

}  // namespace

int RunModelList(const ModelListArguments& arguments) {
  return arguments.remote ? ListRemote(arguments) : ListLocal(arguments);
}

}  // namespace krait::daemon
