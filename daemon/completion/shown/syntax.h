// SPDX-License-Identifier: Apache-2.0
// How the syntax of a file reaches a completion. The tree is made by a thread
// of its own; whoever has time waits for it before the completion begins. That
// looks for it when it needs it, and does without where it is not there.
#ifndef KRAIT_DAEMON_COMPLETION_SHOWN_SYNTAX_H_
#define KRAIT_DAEMON_COMPLETION_SHOWN_SYNTAX_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "grammars/language.h"
#include "grammars/syntax_tree.h"

namespace krait::completion {

using SyntaxTreePtr = std::shared_ptr<const grammars::SyntaxTree>;

// Where the tree of one version of a document is put once it is there.
// Thread-safe.
class SyntaxSlot {
 public:
  // Null: there will be none, whoever waits.
  void Set(SyntaxTreePtr tree);
  // There will be none, as nobody is expected to want this version any more.
  void Skip();
  // Returns the tree; null if it is not set within `limit`, or to null.
  SyntaxTreePtr Wait(std::chrono::milliseconds limit) const;
  // Returns the tree, null if it is not set yet, or to null.
  SyntaxTreePtr Get() const;
  // Whether nothing more will come: it was set or skipped.
  bool IsSettled() const;
  // Whether it is known what there is: it was set.
  bool IsSet() const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  SyntaxTreePtr tree_;    // guarded by mutex_
  bool set_ = false;      // guarded by mutex_
  bool skipped_ = false;  // guarded by mutex_
};

// What a request for a completion says of syntax.
struct RequestSyntax {
  std::shared_ptr<const SyntaxSlot> slot = {};   // null: nothing is known
  const grammars::Language* language = nullptr;  // null: unknown
  size_t cursor_ofs = 0;                         // in the tree's text
};

// Parses `text` at once, for callers that have no document to keep trees of.
RequestSyntax ParseForRequest(const grammars::Language* language,
                              std::string text, size_t cursor_ofs);

// The syntax at the cursor of a request, as a grammar knows it. Thread-safe.
class CursorSyntax {
 public:
  // Nothing if the tree is not there yet, without a grammar, or if the tree is
  // not of the text that has `before` and `after` around the cursor: completing
  // by the syntax of another version would be worse than by none.
  static std::optional<CursorSyntax> Of(const RequestSyntax& request,
                                        std::string_view before,
                                        std::string_view after);

  const grammars::SyntaxTree& tree() const { return *tree_; }
  // Null: unknown.
  const grammars::Language* language() const { return language_; }
  size_t cursor_ofs() const { return cursor_ofs_; }
  const grammars::SyntaxContext& context() const { return context_; }

 private:
  CursorSyntax(SyntaxTreePtr tree, const RequestSyntax& request);

  SyntaxTreePtr tree_;  // not null
  const grammars::Language* language_;
  size_t cursor_ofs_;
  grammars::SyntaxContext context_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_SHOWN_SYNTAX_H_
