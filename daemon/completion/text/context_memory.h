// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_TEXT_CONTEXT_MEMORY_H_
#define KRAIT_DAEMON_COMPLETION_TEXT_CONTEXT_MEMORY_H_

#include <cstddef>
#include <list>
#include <string>
#include <string_view>

#include "daemon/completion/text/repository_context.h"
#include "daemon/completion/text/text_window.h"

namespace krait::completion {

// Which context the prompts of each document begin with. It stays while the
// user types, as all that a model knows of a file lies behind it: another one
// is read in a pause, and used once it is read.
//
// Thread-compatible.
class ContextMemory {
 public:
  // Returns the one in use; null: none.
  RepositoryContextPtr Of(std::string_view document) const;

  // Returns what of a context that was found is to be read for the document, at
  // most `tokens`; null if that is not worth it, as most of it is what is in
  // use, or nothing.
  RepositoryContextPtr ToRead(std::string_view document,
                              const RepositoryContextPtr& found, size_t tokens,
                              const TokenCounter& count_tokens) const;
  // It was read.
  void Use(std::string_view document, RepositoryContextPtr context);

  void Forget() { documents_.clear(); }

 private:
  // As many files as one goes back and forth between.
  static constexpr size_t kMostDocuments = 32;
  struct Document {
    std::string id;
    RepositoryContextPtr context;
  };
  std::list<Document> documents_;  // the last used first
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_TEXT_CONTEXT_MEMORY_H_
