// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model_store.h"

#include <fmt/format.h>

#include "daemon/host/local/model_summary.h"
#include "daemon/model_lookup.h"
#include "daemon/model_memory.h"
#include "daemon/models/own_models.h"
#include "daemon/models/size_text.h"
#include "daemon/terminal.h"

namespace krait::daemon {

int RunModelAdd(const ModelAddArguments& arguments) {
  const auto summary = Summarise(arguments.path);
  if (!summary) return ReportError(summary.error());
  if (!summary->unsupported.empty()) {
    return ReportError(
        {.code = base::ErrorCode::kUnsupported,
         .message = fmt::format("{}: not supported: {}", arguments.path,
                                summary->unsupported)});
  }
  if (!arguments.force) {
    const auto fits = CheckFitsMemory(arguments.path, summary->memory);
    if (!fits) return ReportError(fits.error());
  }
  const auto stores = models::FindStores(models::VariableOfProcess);
  const auto added =
      models::AddLink(arguments.path, arguments.name, stores.own);
  if (!added) return ReportError(added.error());
  PrintLine(added->string());
  return FinishOutput(kExitOk);
}

int RunModelRemove(const ModelRemoveArguments& arguments) {
  const auto path = FindModel(arguments.model, ModelEnvironment::OfProcess());
  if (!path) return ReportError(path.error());
  const auto stores = models::FindStores(models::VariableOfProcess);
  const auto freed = models::RemoveModel(*path, stores);
  if (!freed) return ReportError(freed.error());
  PrintLine(fmt::format("{}: removed, {} freed", path->string(),
                        models::SizeText(*freed)));
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
