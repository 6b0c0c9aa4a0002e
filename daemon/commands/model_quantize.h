// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_MODEL_QUANTIZE_H_
#define KRAIT_DAEMON_COMMANDS_MODEL_QUANTIZE_H_

#include <cstddef>
#include <string>

namespace krait::daemon {

struct QuantizeArguments {
  std::string in;  // a GGUF file, or a part of a split one
  std::string out;
  std::string type = "q8_0";
  size_t threads = 0;  // 0: all
  bool json = false;
};

// `krait model quantize IN --type T OUT`: a model with smaller weights. An
// interrupt leaves nothing behind.
int RunModelQuantize(const QuantizeArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_MODEL_QUANTIZE_H_
