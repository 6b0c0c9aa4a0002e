// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_COMPLETION_TYPES_H_
#define KRAIT_LSP_COMPLETION_TYPES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lsp/basic_types.h"

namespace krait::lsp {

// textDocument/inlineCompletion ---------------------------------------------

enum class InlineTriggerKind : uint8_t { kInvoked = 1, kAutomatic = 2 };

// What the popup would insert: an inline item is only shown if it extends
// `text` and replaces the same range.
struct SelectedCompletion {
  Range range = {};
  std::string text = {};
};

struct InlineCompletionParams {
  std::string uri = {};
  // Not in the protocol, but sent by clients that also speak to Copilot.
  std::optional<int32_t> version = {};
  Position position;
  InlineTriggerKind trigger_kind = InlineTriggerKind::kAutomatic;
  std::optional<SelectedCompletion> selected = {};
};

struct InlineCompletionItem {
  std::string insert_text = {};  // plain, never a snippet
  std::optional<std::string> filter_text = {};
  // On one line, and the text it replaces should be a prefix of `filter_text`
  // or else of `insert_text`.
  std::optional<Range> range = {};
  std::optional<Command> command = {};  // run after the insertion
};

struct InlineCompletionList {
  std::vector<InlineCompletionItem> items = {};
};

base::Status FromJson(const JsonValue& json, SelectedCompletion* out);
base::Status FromJson(const JsonValue& json, InlineCompletionParams* out);
RawJson ToJson(const InlineCompletionList& list);

// textDocument/completion ---------------------------------------------------

enum class CompletionTriggerKind : uint8_t {
  kInvoked = 1,
  kTriggerCharacter = 2,
  kIncompleteList = 3,
};

struct CompletionParams {
  std::string uri = {};
  Position position;
  CompletionTriggerKind trigger_kind = CompletionTriggerKind::kInvoked;
  std::string trigger_character = {};  // empty unless that was the trigger
};

// The kinds of the protocol that krait may use.
enum class CompletionItemKind : uint8_t { kText = 1, kSnippet = 15 };

struct CompletionItem {
  std::string label = {};
  CompletionItemKind kind = CompletionItemKind::kText;
  std::string detail = {};  // these four are left out when empty
  std::string sort_text = {};
  std::string filter_text = {};
  std::string insert_text = {};
  std::optional<Range> range = {};  // replaced by `insert_text`, on one line
  bool preselect = false;
  std::optional<Command> command = {};
};

struct CompletionList {
  bool is_incomplete = false;
  std::vector<CompletionItem> items = {};
};

base::Status FromJson(const JsonValue& json, CompletionParams* out);
RawJson ToJson(const CompletionList& list);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_COMPLETION_TYPES_H_
