// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_SHOWN_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_SHOWN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait eval shown FILES...`: how much of what an editor shows unasked is
// right, at random places in files, or at the cases of .jsonl files.
struct EvalShownArguments {
  std::vector<std::string> files;
  std::string repository;  // that the files lie in; empty: none
  size_t places = 100;     // of each language
  uint64_t seed = 1;
  ModelOptions model;
  completion::CompletionOptions completion;
  double right_share = 0.4;  // that the thresholds are chosen for
  bool calibrate = false;    // choose thresholds
  std::string completions;   // a file to write them to; empty: none
  bool json = false;
};

int RunEvalShown(const EvalShownArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_SHOWN_H_
