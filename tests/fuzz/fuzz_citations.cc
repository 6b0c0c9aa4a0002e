// SPDX-License-Identifier: Apache-2.0
// Any text as what a model said of excerpts that it was shown: each citation is
// of lines that it was shown, and none of what has changed since.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/chat/citations.h"

namespace krait::daemon {
namespace {

void CheckAnswer(const std::string& answer, const std::vector<Excerpt>& shown) {
  const auto still_there = [](const Excerpt& excerpt) {
    return excerpt.path != "changed.md";
  };
  const CheckedAnswer checked = CheckCitations(answer, shown, still_there);
  for (const Citation& citation : checked.citations) {
    const bool known =
        std::any_of(shown.begin(), shown.end(), [&](const Excerpt& excerpt) {
          return excerpt.path == citation.path &&
                 excerpt.begin_line <= citation.begin_line &&
                 citation.begin_line <= citation.end_line &&
                 citation.end_line <= excerpt.end_line;
        });
    if (!known || citation.path == "changed.md") std::abort();
  }
}

}  // namespace
}  // namespace krait::daemon

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMost = 50'000;
  const std::string answer(reinterpret_cast<const char*>(data),  // NOLINT
                           size < kMost ? size : kMost);
  static const std::vector<krait::daemon::Excerpt> shown = {
      {.path = "a/b.cc",
       .begin_line = 10,
       .end_line = 20,
       .name = "EvictOldest",
       .text = "// Removes the entry that was used longest ago.\n"},
      {.path = "changed.md",
       .begin_line = 1,
       .end_line = 5,
       .text = "The daemon listens on a socket in a directory.\n"}};
  krait::daemon::CheckAnswer(answer, shown);
  return 0;
}
