// SPDX-License-Identifier: Apache-2.0
//
// What a model's file says of how to use it: nothing that it may say gives
// thresholds above a probability of one, or names without end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/host/local/read_model_hints.h"
#include "engine/file/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto gguf = krait::engine::GgufFile::Parse(bytes, "fuzz.gguf");
  if (!gguf) return 0;
  const auto hints = krait::daemon::ReadModelHints(**gguf);
  if (!hints) return 0;
  if (!(hints->confidence.token <= 0)) std::abort();
  for (const auto& [language, thresholds] : hints->confidence_of) {
    if (language.empty() || !(thresholds.line <= 0)) std::abort();
  }
  for (const auto& name :
       hints->languages.value_or(std::vector<std::string>{})) {
    if (name.empty()) std::abort();
  }
  return 0;
}
