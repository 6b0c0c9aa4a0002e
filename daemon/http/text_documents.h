// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_TEXT_DOCUMENTS_H_
#define KRAIT_DAEMON_HTTP_TEXT_DOCUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace krait::daemon {

// Tells documents of which only the text around a cursor is known, as HTTP
// clients send it: a text most of whose lines were in an earlier one is the
// same document, edited, or seen from another place. What goes by documents
// (the beginnings of prompts, frozen suffixes, what was generated last) so
// finds the last request for the same. Thread-compatible.
class TextDocuments {
 public:
  // Returns a name for the document of this text, which may be new.
  std::string NameOf(std::string_view before, std::string_view after);

 private:
  using Lines = std::unordered_set<size_t>;  // hashes

  struct Known {
    uint64_t number = 0;
    Lines lines;
  };

  uint64_t next_ = 1;
  std::list<Known> known_;  // the one used last first
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_TEXT_DOCUMENTS_H_
