// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_DEBUG_H_
#define KRAIT_DAEMON_COMMANDS_DEBUG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait debug tokens`: standard input's bytes to {"ids": [...]}, or back.
struct DebugTokensArguments {
  ModelOptions model;
  std::string tokenizer;  // a tokenizer file, instead of the model's
  bool decode = false;
  std::vector<std::string> fim;  // the prefix's and the suffix's file, or none
};

// `krait debug logits`: the logits after each token, as .npy.
struct DebugLogitsArguments {
  ModelOptions model;
  std::string ids;  // "1,2,3"
  std::string out;
  std::string state_out;  // a directory, or empty
};

// `krait debug generate`: greedy continuation, end of sequence ignored.
struct DebugGenerateArguments {
  ModelOptions model;
  std::string ids;
  size_t tokens = 32;
};

int RunDebugTokens(const DebugTokensArguments& arguments);
int RunDebugLogits(const DebugLogitsArguments& arguments);
int RunDebugGenerate(const DebugGenerateArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_DEBUG_H_
