// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_TEXT_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_TEXT_H_

#include <cstddef>
#include <string>

#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait eval text TEXTS.jsonl`: bits per byte, by language.
struct EvalTextArguments {
  std::string texts;
  size_t limit = 0;          // texts; 0: all
  size_t text_bytes = 8192;  // of each text, the first
  ModelOptions model;
  bool json = false;
};

int RunEvalText(const EvalTextArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_TEXT_H_
