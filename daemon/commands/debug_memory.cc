// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/debug_memory.h"

#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/eval/fim_cases.h"
#include "daemon/tools/eval/memory_rows.h"
#include "engine/memory/usual_weights.h"
#include "engine/model/gguf_memory.h"

namespace krait::daemon {

int RunDebugMemory(const DebugMemoryArguments& arguments) {
  const auto text = ReadText(arguments.cases);
  if (!text) return ReportError(text.error());
  auto cases = ParseFimCases(*text, arguments.cases, arguments.limit);
  if (!cases) return ReportError(cases.error());
  if (!arguments.repository.empty()) {
    PlaceInRepositories(arguments.repository, &*cases);
  }
  const auto loaded = LoadModel(arguments.model);
  if (!loaded) return ReportError(loaded.error());
  if (!loaded->model->has_tokenizer()) {
    return ReportError(
        base::MakeError(base::ErrorCode::kBadFile,
                        loaded->path.string() + ": has no tokenizer"));
  }
  // With weights of its own, to fit these again; else with the usual lengths.
  auto weights = engine::ReadMemoryWeights(loaded->path);
  if (!weights) return ReportError(weights.error());
  MemoryRows rows(*loaded, weights->value_or(engine::UsualMemoryWeights()));
  rows.OpenFilesOf(*cases, arguments.open_files);
  Progress progress("cases", cases->size());
  size_t done = 0;
  for (const FimCase& fim_case : *cases) {
    const auto added =
        rows.Add(fim_case, [](const std::string& row) { PrintLine(row); });
    if (!added) return ReportError(added.error());
    progress.Update(++done, "");
  }
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
