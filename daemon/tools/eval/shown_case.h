// SPDX-License-Identifier: Apache-2.0
// What an editor would show of a case, and how right it is.
#ifndef KRAIT_DAEMON_TOOLS_EVAL_SHOWN_CASE_H_
#define KRAIT_DAEMON_TOOLS_EVAL_SHOWN_CASE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/completion_service.h"
#include "daemon/tools/eval/fim_cases.h"

namespace krait::daemon {

// How right a text is that is shown where something else stood.
struct Rightness {
  bool first_word = false;
  // Nothing in it is wrong: it is what stood there, to its end or to a word's
  // end where it was cut.
  bool whole = false;
  bool to_end = false;  // it is all that stood there
  // Of the text, without blanks at its ends; 0 if something in it is wrong.
  size_t right_bytes = 0;
};

// Blanks at the ends do not count.
Rightness RateShown(std::string_view shown, std::string_view stood_there);

// A file to choose places in.
struct SourceFile {
  std::string path;
  std::string language;  // "other": unknown
  std::string text;
};

// Returns `count` random places within lines of each language's files (fewer
// if there are not as many), each as the case of completing the rest of the
// line, with the whole file before and after it. The same files and seed give
// the same places.
std::vector<FimCase> PlacesInLines(const std::vector<SourceFile>& files,
                                   size_t count, uint64_t seed);

// Returns at most `count` cases of each language, evenly out of all.
std::vector<FimCase> SpreadCases(std::vector<FimCase> cases, size_t count);

// Returns the completion request that an editor would send at a case.
completion::CompletionRequest RequestOf(const FimCase& fim_case);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_SHOWN_CASE_H_
