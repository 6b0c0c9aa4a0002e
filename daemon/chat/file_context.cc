// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/file_context.h"

#include <fmt/format.h>

#include <algorithm>

#include "grammars/language.h"

namespace krait::daemon {
namespace {

size_t LongestRun(std::string_view text, char c) {
  size_t longest = 0;
  size_t run = 0;
  for (const char each : text) {
    run = each == c ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

std::string FileContext(const std::string& name, std::string_view text) {
  const std::string fence(std::max<size_t>(3, LongestRun(text, '`') + 1), '`');
  const grammars::Language* language = grammars::LanguageOfFile(name, text);
  return fmt::format("{}:\n{}{}\n{}{}{}\n\n", name, fence,
                     language == nullptr ? "" : language->name, text,
                     text.ends_with('\n') ? "" : "\n", fence);
}

}  // namespace krait::daemon
