// SPDX-License-Identifier: Apache-2.0
#include "lsp/document_store.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace krait::lsp {
namespace {

std::string ToText(Position position) {
  return std::to_string(position.line) + ":" +
         std::to_string(position.character);
}

}  // namespace

Result<DocumentSnapshot> DocumentStore::Open(DidOpenParams params) {
  documents_.erase(params.uri);
  if (Status fits = CheckSize(params.uri, params.text.size()); !fits) {
    (void)Lose(params.uri, params.language_id);
    return fits.error();
  }
  if (documents_.size() >= limits_.max_documents) {
    return MakeError(ErrorCode::kRequestFailed,
                     params.uri + ": expected at most " +
                         std::to_string(limits_.max_documents) +
                         " open documents");
  }
  auto document = std::make_shared<const Document>(
      Document{.uri = params.uri,
               .language_id = std::move(params.language_id),
               .version = params.version,
               .text = Text(params.text)});
  documents_[std::move(params.uri)] = {.newest = document, .lost = false};
  return DocumentSnapshot(std::move(document));
}

Result<DocumentChange> DocumentStore::Change(const DidChangeParams& params) {
  const auto found = documents_.find(params.uri);
  if (found == documents_.end()) {
    return MakeError(ErrorCode::kInvalidParams,
                     params.uri + ": changed, but not open");
  }
  Entry& entry = found->second;
  const Document& before = *entry.newest;
  auto after = std::make_shared<Document>(before);
  DocumentChange change;
  // What comes before a full text is of no use if the document is lost.
  auto first = params.changes.begin();
  if (entry.lost) {
    first = std::find_if(params.changes.begin(), params.changes.end(),
                         [](const ContentChange& c) { return !c.range; });
    if (first == params.changes.end()) {
      return MakeError(ErrorCode::kContentModified,
                       params.uri +
                           ": lost by an earlier bad change; expected the full "
                           "text or a new didOpen");
    }
  }
  for (auto it = first; it != params.changes.end(); ++it) {
    Result<ByteEdit> edit = Apply(*it, &after->text);
    if (!edit) {
      (void)Lose(params.uri);
      return MakeError(edit.error().code,
                       params.uri + ": contentChanges[" +
                           std::to_string(it - params.changes.begin()) +
                           "]: " + edit.error().message);
    }
    change.edits.push_back(*std::move(edit));
  }
  constexpr int32_t kLast = std::numeric_limits<int32_t>::max();
  after->version = params.version.value_or(
      before.version < kLast ? before.version + 1 : kLast);
  if (after->version <= before.version) {
    change.warning = params.uri + ": version " +
                     std::to_string(after->version) + " follows " +
                     std::to_string(before.version) +
                     "; applied, as messages cannot overtake each other";
  }
  if (!entry.lost) change.before = entry.newest;
  change.after = after;
  entry = {.newest = std::move(after), .lost = false};
  return change;
}

Result<ByteEdit> DocumentStore::Apply(const ContentChange& change,
                                      Text* text) const {
  ByteEdit edit{.begin_ofs = 0, .end_ofs = text->size(), .text = change.text};
  if (change.range) {
    if (change.range->end < change.range->start) {
      return MakeError(ErrorCode::kInvalidParams,
                       "range: expected the end after the start, got " +
                           ToText(change.range->start) + " to " +
                           ToText(change.range->end));
    }
    edit.begin_ofs = ToByteOffset(*text, change.range->start, encoding_);
    edit.end_ofs = change.range->end == change.range->start
                       ? edit.begin_ofs
                       : ToByteOffset(*text, change.range->end, encoding_);
  }
  const size_t kept = text->size() - (edit.end_ofs - edit.begin_ofs);
  if (Status fits = CheckSize("text", kept + edit.text.size()); !fits) {
    return fits.error();
  }
  text->Replace(edit.begin_ofs, edit.end_ofs, edit.text);
  return edit;
}

Status DocumentStore::Close(const DidCloseParams& params) {
  if (documents_.erase(params.uri) == 0) {
    return MakeError(ErrorCode::kInvalidParams,
                     params.uri + ": closed, but not open");
  }
  return {};
}

bool DocumentStore::Lose(const std::string& uri,
                         const std::string& language_id) {
  Document known{.uri = uri, .language_id = language_id};
  if (const auto found = documents_.find(uri); found != documents_.end()) {
    if (found->second.lost) return false;
    known.language_id = found->second.newest->language_id;
    known.version = found->second.newest->version;
  } else if (documents_.size() >= limits_.max_documents) {
    return false;
  }
  documents_[uri] = {.newest = std::make_shared<const Document>(known),
                     .lost = true};
  return true;
}

std::vector<std::string> DocumentStore::LoseBy(const Glimpse& glimpse) {
  const bool about_text = glimpse.method == "textDocument/didOpen" ||
                          glimpse.method == "textDocument/didChange" ||
                          glimpse.method == "textDocument/didClose";
  // A request or response changes nothing; what has no method may be anything.
  if (!about_text && (!glimpse.method.empty() || glimpse.id)) return {};
  std::vector<std::string> candidates = {glimpse.uri};
  if (!about_text || glimpse.uri.empty()) {
    candidates.clear();
    for (const auto& [uri, entry] : documents_) candidates.push_back(uri);
  }
  std::erase_if(candidates, [&](const std::string& uri) {
    return !Lose(uri, glimpse.language_id);
  });
  return candidates;
}

bool DocumentStore::IsLost(const std::string& uri) const {
  const auto found = documents_.find(uri);
  return found != documents_.end() && found->second.lost;
}

std::vector<DocumentSnapshot> DocumentStore::Lost() const {
  std::vector<DocumentSnapshot> lost;
  for (const auto& [uri, entry] : documents_) {
    if (entry.lost) lost.push_back(entry.newest);
  }
  return lost;
}

DocumentSnapshot DocumentStore::Get(const std::string& uri) const {
  const auto found = documents_.find(uri);
  if (found == documents_.end() || found->second.lost) return nullptr;
  return found->second.newest;
}

std::vector<DocumentSnapshot> DocumentStore::All() const {
  std::vector<DocumentSnapshot> all;
  for (const auto& [uri, entry] : documents_) {
    if (!entry.lost) all.push_back(entry.newest);
  }
  return all;
}

Status DocumentStore::CheckSize(std::string_view what,
                                size_t size_bytes) const {
  if (size_bytes <= limits_.max_document_bytes) return {};
  return MakeError(ErrorCode::kRequestFailed,
                   std::string(what) + ": expected at most " +
                       std::to_string(limits_.max_document_bytes) +
                       " bytes, got " + std::to_string(size_bytes));
}

}  // namespace krait::lsp
