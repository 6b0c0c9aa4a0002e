// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/recent_edits.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {
namespace {

constexpr size_t kMostPieces = 3;
constexpr size_t kLinesAround = 6;

completion::ContextPiece LinesAround(const lsp::Text& text, size_t ofs,
                                     std::string path) {
  const size_t line = text.LineOf(std::min(ofs, text.size()));
  const size_t first = line - std::min(line, kLinesAround);
  const size_t last = std::min(line + kLinesAround + 1, text.num_lines());
  completion::ContextPiece piece{.path = std::move(path),
                                 .begin_line = first + 1};
  for (size_t i = first; i < last; ++i) piece.text += text.Line(i) + "\n";
  return piece;
}

}  // namespace

void RecentEdits::Note(const lsp::DocumentChange& change) {
  const std::string& uri = change.after->uri;
  Close(uri);
  if (change.edits.empty()) return;
  const lsp::ByteEdit& last = change.edits.back();
  // A whole new text does not say what was edited.
  if (last.text.size() == change.after->text.size()) return;
  edits_.push_front({uri, last.begin_ofs});
  if (edits_.size() > kMost) edits_.pop_back();
}

void RecentEdits::Close(const std::string& uri) {
  std::erase_if(edits_, [&uri](const Edit& edit) { return edit.uri == uri; });
}

std::vector<completion::ContextPiece> RecentEdits::Around(
    const SessionDocuments& documents, const std::string& uri,
    const std::string& root) const {
  std::vector<completion::ContextPiece> pieces;
  for (const Edit& edit : edits_) {
    if (pieces.size() == kMostPieces) break;
    const auto document = documents.Get(edit.uri);
    if (edit.uri == uri || document == nullptr ||
        !documents.PermissionOf(edit.uri).granted()) {
      continue;
    }
    auto place = documents.InRepository(edit.uri);
    if (!place || place->root != root) continue;
    pieces.push_back(
        LinesAround(document->text, edit.ofs, std::move(place->path)));
  }
  return pieces;
}

}  // namespace krait::daemon
