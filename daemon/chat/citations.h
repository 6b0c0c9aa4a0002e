// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_CITATIONS_H_
#define KRAIT_DAEMON_CHAT_CITATIONS_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/chat/excerpts.h"

namespace krait::daemon {

// A place that an answer names.
struct Citation {
  std::string path;
  size_t begin_line = 1;  // from 1; pages and cells, too (place_unit.h)
  size_t end_line = 1;    // the last one
  // Not the model's: krait has found there what a sentence says.
  bool added = false;

  bool operator==(const Citation&) const = default;
};

// "path:12-34", "manual.pdf:page 3"
std::string CitationText(const Citation& citation);

// A citation that was taken out, and why.
struct DroppedCitation {
  std::string text;  // as the model wrote it, "[7]"
  std::string why;   // "was not shown to it"

  bool operator==(const DroppedCitation&) const = default;
};

struct CheckedAnswer {
  std::string text;
  std::vector<Citation> citations;  // each once, in the order of the text
  std::vector<DroppedCitation> dropped;
};

// Checks an answer that was made from `shown`. A citation is an excerpt's
// number ("[2]", "[1, 3]"), or a place ("[path:12-34]", "[a.pdf:page 3]"),
// whose lines have to be among an excerpt's; each becomes its place,
// "[path:12-34]". It counts if `still_there` says that the excerpt's lines are
// as they were shown; others are taken out of the text: a model makes up
// places.
//
// Behind a sentence that names no place goes the excerpt that has most of its
// words, if it has enough of them: small models forget to say.
CheckedAnswer CheckCitations(
    std::string_view answer, const std::vector<Excerpt>& shown,
    const std::function<bool(const Excerpt&)>& still_there);

// Whether an answer says that there is none ("not found in this repository").
bool SaysNotFound(std::string_view answer);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_CITATIONS_H_
