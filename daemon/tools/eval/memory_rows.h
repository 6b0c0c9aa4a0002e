// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_MEMORY_ROWS_H_
#define KRAIT_DAEMON_TOOLS_EVAL_MEMORY_ROWS_H_

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/text/nearby_text.h"
#include "daemon/host/local/file_memory.h"
#include "daemon/host/local/fim_planner.h"
#include "daemon/loaded_model.h"
#include "daemon/tools/eval/fim_cases.h"
#include "engine/memory/memory_weights.h"
#include "engine/run/session.h"

namespace krait::daemon {

// What the weights of a memory are fitted to: for each token of a case's first
// line, how likely the model and each vote of the memory of the whole file
// found it. One JSON object a token:
//   language
//   model   the log of the model's probability
//   votes   the longest matches first; each an array of the index of its
//           length, the share of its places that are followed by the token,
//           and the features
class MemoryRows {
 public:
  // `loaded`, whose model must have a tokenizer, must outlive it. Of `weights`
  // only the lengths matter.
  MemoryRows(const LoadedModel& loaded, engine::MemoryWeights weights);

  // Makes those of the cases' files that are nearest to a case's, up to `most`,
  // be open, too.
  void OpenFilesOf(std::span<const FimCase> cases, size_t most);

  // Calls `on_row` for each row of the case.
  base::Status Add(const FimCase& fim_case,
                   const std::function<void(const std::string&)>& on_row);

 private:
  std::vector<completion::NearbyText> OthersOf(const FimCase& fim_case) const;

  const engine::Model& model_;
  FimPlanner planner_;
  FileMemory memory_;
  std::vector<completion::OpenText> open_;
  size_t most_open_ = 0;
  engine::Session session_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_MEMORY_ROWS_H_
