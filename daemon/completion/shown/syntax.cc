// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/shown/syntax.h"

#include <algorithm>
#include <utility>

#include "grammars/parser.h"

namespace krait::completion {
namespace {

// Whether `text` has `before` and `after` around `ofs`, by the bytes that are
// near.
bool Surrounds(std::string_view text, size_t ofs, std::string_view before,
               std::string_view after) {
  constexpr size_t kNear = 256;
  if (ofs > text.size()) return false;
  const std::string_view text_before = text.substr(0, ofs);
  const std::string_view text_after = text.substr(ofs);
  before = before.substr(before.size() - std::min(before.size(), kNear));
  return text_before.ends_with(before) &&
         text_after.starts_with(after.substr(0, kNear));
}

}  // namespace

void SyntaxSlot::Set(SyntaxTreePtr tree) {
  {
    const std::lock_guard lock(mutex_);
    tree_ = std::move(tree);
    set_ = true;
  }
  changed_.notify_all();
}

SyntaxTreePtr SyntaxSlot::Wait(std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return set_ || skipped_; });
  return tree_;
}

SyntaxTreePtr SyntaxSlot::Get() const {
  const std::lock_guard lock(mutex_);
  return tree_;
}

void SyntaxSlot::Skip() {
  {
    const std::lock_guard lock(mutex_);
    skipped_ = !set_;
  }
  changed_.notify_all();
}

bool SyntaxSlot::IsSettled() const {
  const std::lock_guard lock(mutex_);
  return set_ || skipped_;
}

bool SyntaxSlot::IsSet() const {
  const std::lock_guard lock(mutex_);
  return set_;
}

RequestSyntax ParseForRequest(const grammars::Language* language,
                              std::string text, size_t cursor_ofs) {
  auto slot = std::make_shared<SyntaxSlot>();
  slot->Set(grammars::Parser(language).Parse(
      std::make_shared<const std::string>(std::move(text))));
  return {
      .slot = std::move(slot), .language = language, .cursor_ofs = cursor_ofs};
}

std::optional<CursorSyntax> CursorSyntax::Of(const RequestSyntax& request,
                                             std::string_view before,
                                             std::string_view after) {
  if (request.slot == nullptr) return std::nullopt;
  SyntaxTreePtr tree = request.slot->Get();
  if (tree == nullptr || !tree->HasGrammar() ||
      !Surrounds(tree->text(), request.cursor_ofs, before, after)) {
    return std::nullopt;
  }
  return CursorSyntax(std::move(tree), request);
}

CursorSyntax::CursorSyntax(SyntaxTreePtr tree, const RequestSyntax& request)
    : tree_(std::move(tree)),
      language_(request.language),
      cursor_ofs_(request.cursor_ofs),
      context_(tree_->ContextAt(cursor_ofs_)) {}

}  // namespace krait::completion
