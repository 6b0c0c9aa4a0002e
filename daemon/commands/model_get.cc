// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model_get.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/json_text.h"
#include "daemon/commands/download_display.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/model_memory.h"
#include "daemon/models/get_model.h"
#include "daemon/models/size_text.h"
#include "daemon/standard_error.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

base::Result<models::FetchedModel> Fetch(const ModelGetArguments& arguments) {
  DownloadDisplay display;
  models::GetOptions options;
  options.sha256 = arguments.sha256;
  options.offline = arguments.offline;
  options.on_progress = [&](const models::DownloadProgress& progress) {
    display.Show(progress);
  };
  options.note = [](const std::string& sentence) { PrintError(sentence); };
  options.approve = [&](const models::FetchPlan& plan) -> base::Status {
    if (arguments.force) return {};
    return CheckFitsMemory(plan.name, EstimateMemory(plan.model_bytes));
  };
  return models::GetModel(arguments.source, models::VariableOfProcess, options);
}

int PrintAddresses(const ModelGetArguments& arguments) {
  const auto addresses =
      models::AddressesOf(arguments.source, models::VariableOfProcess);
  if (!addresses) return ReportError(addresses.error());
  boost::json::array list;
  for (const models::FileAddress& address : *addresses) {
    boost::json::object json;
    json["url"] = address.url;
    json["path"] = address.path;
    json["bytes"] = address.bytes;
    json["hash"] = address.content.hex;
    list.push_back(std::move(json));
    if (!arguments.json) PrintLine(address.url);
  }
  if (arguments.json) PrintLine(base::JsonText(list));
  return FinishOutput(kExitOk);
}

// What the user got, on standard error: the path alone is the output.
void Tell(const models::FetchedModel& fetched) {
  const auto summary = Summarise(fetched.path);
  std::string what;
  if (!summary) {
    what = fmt::format("krait cannot run it: {}", summary.error().message);
  } else if (!summary->unsupported.empty()) {
    what = fmt::format("krait cannot run it: {}", summary->unsupported);
  } else {
    what = fmt::format("{}, {}, {}, fim {}", summary->architecture,
                       ParametersText(summary->parameters),
                       summary->quantisation, summary->fim);
  }
  PrintError(fmt::format("{}: {}",
                         fetched.was_here ? "already here" : "fetched", what));
}

}  // namespace

base::Result<std::filesystem::path> GetWithDisplay(
    const ModelGetArguments& arguments) {
  auto fetched = Fetch(arguments);
  if (!fetched) return fetched.error();
  return fetched->path;
}

int RunModelGet(const ModelGetArguments& arguments) {
  if (arguments.print_urls) return PrintAddresses(arguments);
  const auto fetched = Fetch(arguments);
  if (!fetched) return ReportError(fetched.error());
  if (arguments.json) {
    boost::json::object json;
    json["path"] = fetched->path.string();
    json["was_here"] = fetched->was_here;
    PrintLine(base::JsonText(json));
    return FinishOutput(kExitOk);
  }
  Tell(*fetched);
  PrintLine(fetched->path.string());
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
