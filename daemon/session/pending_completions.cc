// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/pending_completions.h"

#include <utility>

#include "daemon/session/lsp_errors.h"

namespace krait::daemon {
namespace {

void StopAndFail(PendingCompletion& pending, const lsp::Error& error) {
  pending.stop.request_stop();
  pending.reply.Fail(error);
}

}  // namespace

PendingCompletion::PendingCompletion(lsp::Reply to,
                                     lsp::DocumentSnapshot snapshot,
                                     size_t cursor)
    : reply(std::move(to)), document(std::move(snapshot)), cursor_ofs(cursor) {}

PendingCompletions::~PendingCompletions() {
  for (const auto& [uri, by_method] : documents_) {
    for (const auto& [method, pending] : by_method) {
      pending->stop.request_stop();
    }
  }
}

void PendingCompletions::Add(const PendingPtr& pending) {
  PendingPtr& slot =
      documents_[pending->document->uri][pending->reply.method()];
  if (slot != nullptr) StopAndFail(*slot, Superseded());
  slot = pending;
}

void PendingCompletions::Remove(const PendingPtr& pending) {
  const auto document = documents_.find(pending->document->uri);
  if (document == documents_.end()) return;
  ByMethod& by_method = document->second;
  const auto slot = by_method.find(pending->reply.method());
  if (slot == by_method.end() || slot->second != pending) return;
  by_method.erase(slot);
  if (by_method.empty()) documents_.erase(document);
}

void PendingCompletions::Fail(const std::string& uri, const lsp::Error& error) {
  const auto document = documents_.find(uri);
  if (document == documents_.end()) return;
  const ByMethod failed = std::move(document->second);
  documents_.erase(document);
  for (const auto& [method, pending] : failed) StopAndFail(*pending, error);
}

void PendingCompletions::FailAll(const lsp::Error& error) {
  const auto failed = std::exchange(documents_, {});
  for (const auto& [uri, by_method] : failed) {
    for (const auto& [method, pending] : by_method) {
      StopAndFail(*pending, error);
    }
  }
}

void PendingCompletions::ListenForCancel(const PendingPtr& pending) {
  // Weak: the callback is a part of what it would keep alive.
  pending->on_cancel.emplace(
      pending->reply.stop_token(),
      [weak = std::weak_ptr<PendingCompletion>(pending)] {
        const auto cancelled = weak.lock();
        if (cancelled == nullptr) return;
        StopAndFail(*cancelled, CancelledByClient());
      });
}

}  // namespace krait::daemon
