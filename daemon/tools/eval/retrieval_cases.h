// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_EVAL_RETRIEVAL_CASES_H_
#define KRAIT_DAEMON_TOOLS_EVAL_RETRIEVAL_CASES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace krait::daemon {

// A question about a repository whose answer is known.
struct RetrievalCase {
  std::string path;
  std::string name;        // of the declaration that is wanted
  std::string container;   // the name around it; may be empty
  size_t begin_line = 1;   // from 1
  size_t end_line = 1;     // the last one
  std::string comment;     // what is said above it, or in it (Python)
  size_t comment_ofs = 0;  // where that is
  size_t comment_bytes = 0;
};

// Returns the functions of a file that have a comment of four words or more,
// with its first paragraph as the question; notes to tools, licences and code
// that is commented out are none. None of tests and examples.
std::vector<RetrievalCase> CasesOf(
    std::string_view path, const std::shared_ptr<const std::string>& text);

// Takes the comments of the cases out of the text of their file: the lines
// stay, empty.
std::string WithoutComments(const std::vector<RetrievalCase>& cases,
                            std::string text);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_RETRIEVAL_CASES_H_
