// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_CITATIONS_H_
#define KRAIT_DAEMON_CHAT_CITATIONS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/repository/search.h"

namespace krait::daemon {

// A place that an answer names as "[path:12-34]" or "[path:12]".
struct Citation {
  std::string path;
  size_t begin_line = 1;  // from 1
  size_t end_line = 1;    // the last one

  bool operator==(const Citation&) const = default;
};

// "path:12-34"
std::string CitationText(const Citation& citation);

// An answer, of whose citations those were taken out that nothing stands
// behind.
struct CheckedAnswer {
  std::string text;
  std::vector<Citation> citations;  // each once, in the order of the text
  std::vector<Citation> dropped;
};

// Checks an answer that was made from `shown`: a citation counts if its lines
// are among those of a passage that was shown, of that path. Others are taken
// out of the text: a model makes up places.
CheckedAnswer CheckCitations(std::string_view answer,
                             const std::vector<repository::Passage>& shown);

// Whether an answer says that there is none ("not found in this repository").
bool SaysNotFound(std::string_view answer);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_CITATIONS_H_
