// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/session_documents.h"

#include "daemon/completion/workspace_path.h"
#include "lsp/uri.h"

namespace krait::daemon {

void SessionDocuments::AddFolders(
    std::span<const lsp::WorkspaceFolder> folders) {
  for (const lsp::WorkspaceFolder& folder : folders) {
    if (const auto path = lsp::UriToPath(folder.uri)) {
      roots_.emplace_back(*path);
    }
  }
}

void SessionDocuments::RemoveFolders(
    std::span<const lsp::WorkspaceFolder> folders) {
  for (const lsp::WorkspaceFolder& folder : folders) {
    if (const auto path = lsp::UriToPath(folder.uri)) {
      std::erase(roots_, std::filesystem::path(*path));
    }
  }
}

lsp::Status SessionDocuments::Open(const lsp::DidOpenParams& params) {
  const auto opened = store_.Open(params);
  if (!opened) return opened.error();
  syntax_.Update(*opened);
  return {};
}

lsp::Result<lsp::DocumentChange> SessionDocuments::Change(
    const lsp::DidChangeParams& params) {
  auto changed = store_.Change(params);
  if (changed) syntax_.Update(*changed);
  return changed;
}

lsp::Status SessionDocuments::Close(const lsp::DidCloseParams& params) {
  syntax_.Close(params.uri);
  return store_.Close(params);
}

std::string SessionDocuments::PathOf(const lsp::Document& document) const {
  const auto path = lsp::UriToPath(document.uri);
  return path ? WorkspacePath(*path, roots_) : std::string();
}

CompletionRequest SessionDocuments::RequestAt(
    const lsp::Document& document, size_t cursor_ofs,
    const ContextLimits& limits) const {
  CompletionRequest request;
  request.path = PathOf(document);
  if (const auto file = lsp::UriToPath(document.uri)) {
    request.origin = std::filesystem::path(*file).lexically_normal().string();
  }
  request.before =
      document.text.TextBefore(cursor_ofs, EnoughBytesBefore(limits));
  request.after = document.text.TextAfter(cursor_ofs, EnoughBytesAfter(limits));
  return request;
}

}  // namespace krait::daemon
