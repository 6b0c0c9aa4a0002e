// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_DOCUMENT_H_
#define KRAIT_DAEMON_REPOSITORY_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grammars/language.h"

namespace krait::repository {

// A page or a cell of a document.
struct DocumentPart {
  enum class Kind : uint8_t { kProse, kMarkdown, kCode };

  size_t number = 1;  // from 1
  Kind kind = Kind::kProse;
  size_t begin_ofs = 0;  // of the document's text
  size_t end_ofs = 0;
};

// What a file says that is no text itself: the pages of a PDF file, the cells
// of a notebook. All of it is UTF-8.
struct Document {
  std::string text;  // a part behind the other, each ending with a newline
  std::vector<DocumentPart> parts;               // their numbers ascend
  const grammars::Language* language = nullptr;  // of code; may be null

  void Add(size_t number, DocumentPart::Kind kind, std::string_view said);
  std::string_view TextOf(const DocumentPart& part) const {
    return std::string_view(text).substr(part.begin_ofs,
                                         part.end_ofs - part.begin_ofs);
  }
};

// Parts from the first to the last, which is one of them.
struct PartRange {
  size_t first = 1;
  size_t last = std::numeric_limits<size_t>::max();
};

// Whether a file is read as a document, by its name.
bool IsDocument(std::string_view path);

// Reads these parts of a document out of the bytes of its file, by what its
// name says that it is. An error, kBadFile mostly, names the path. Thread-safe.
base::Result<Document> ReadDocument(std::string_view path,
                                    std::string_view bytes,
                                    PartRange range = {},
                                    const std::stop_token& stop = {});

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_DOCUMENT_H_
