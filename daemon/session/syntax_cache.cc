// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/syntax_cache.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "daemon/memory_limit.h"
#include "daemon/session/syntax_thread.h"
#include "daemon/session/thread_reaper.h"
#include "grammars/language.h"
#include "lsp/uri.h"

namespace krait::daemon {
namespace {

const grammars::Language* LanguageOf(const lsp::Document& document) {
  if (const auto* language = grammars::LanguageOfLspId(document.language_id)) {
    return language;
  }
  const auto path = lsp::UriToPath(document.uri);
  return path ? grammars::LanguageOfPath(*path) : nullptr;
}

// A tree that is made for one place knows what is so near to it.
constexpr size_t kNear = 512;

size_t Distance(size_t a, size_t b) {
  return std::max(a, b) - std::min(a, b);
}

// What a document's trees are taken to need.
size_t BytesOf(const lsp::Document& document) {
  if (document.text.size() > kSyntaxLimits.max_bytes) return 0;
  return document.text.size() * kTreeBytesPerByte;
}

}  // namespace

SyntaxCache::SyntaxCache()
    : SyntaxCache(ProcessMemoryBudget(DefaultStateBytes())) {}

SyntaxCache::SyntaxCache(std::shared_ptr<base::MemoryBudget> budget,
                         const PostToOwner& post,
                         std::function<void()> on_parse)
    : work_(std::make_shared<SyntaxThread>(std::move(on_parse))),
      ended_(std::make_shared<std::atomic<bool>>(false)),
      account_(std::move(budget), [this, post, weak = std::weak_ptr(alive_)] {
        if (post == nullptr) return;
        post([this, weak] {
          if (!weak.expired()) MakeRoom();
        });
      }) {
  thread_ = StartForReaping(work_, ended_);
}

SyntaxCache::~SyntaxCache() {
  work_->Stop();
  JoinLater(std::move(thread_), ended_);
}

void SyntaxCache::Update(const lsp::DocumentSnapshot& document) {
  (void)EntryFor(document, 0);
}

void SyntaxCache::Update(const lsp::DocumentChange& change) {
  const bool known = !change.edits.empty();
  (void)EntryFor(change.after, known ? change.edits.back().begin_ofs +
                                           change.edits.back().text.size()
                                     : 0);
}

void SyntaxCache::Close(const std::string& uri) {
  const auto entry = entries_.find(uri);
  if (entry == entries_.end()) return;
  Drop(entry);
  MakeRoom();
}

completion::RequestSyntax SyntaxCache::At(const lsp::DocumentSnapshot& document,
                                          size_t cursor_ofs) {
  const Entry& entry = EntryFor(document, cursor_ofs);
  return {
      .slot = entry.slot, .language = entry.language, .cursor_ofs = cursor_ofs};
}

size_t SyntaxCache::num_refreshes() const {
  return work_->num_refreshes();
}

SyntaxCache::Entry& SyntaxCache::EntryFor(const lsp::DocumentSnapshot& document,
                                          size_t near_ofs) {
  const auto [found, is_new] = entries_.try_emplace(document->uri);
  Entry& entry = found->second;
  entry.last_use = next_use_++;
  entry.used_at = std::chrono::steady_clock::now();
  const bool near = Distance(entry.near_ofs, near_ofs) <= kNear;
  if (entry.document == document && near) return entry;
  const auto* language = LanguageOf(*document);
  if (is_new || entry.language != language) {
    if (!is_new) work_->Drop(document->uri, entry.parsing);
    entry.language = language;
    entry.parsing = std::make_shared<Parsing>(language);
  }
  entry.document = document;
  entry.near_ofs = near_ofs;
  entry.slot = std::make_shared<completion::SyntaxSlot>();
  held_bytes_ = held_bytes_ - entry.bytes + BytesOf(*document);
  entry.bytes = BytesOf(*document);
  work_->Post({.uri = document->uri,
               .document = document,
               .near_ofs = near_ofs,
               .slot = entry.slot,
               .parsing = entry.parsing});
  MakeRoom();  // by others than this one
  return entry;
}

SyntaxCache::Entries::iterator SyntaxCache::Oldest() {
  return std::ranges::min_element(
      entries_, {}, [](const auto& item) { return item.second.last_use; });
}

void SyntaxCache::MakeRoom() {
  while (entries_.size() > kMaxDocuments) Drop(Oldest());
  const auto use = [this] {
    base::MemoryUse now{.bytes = held_bytes_};
    if (entries_.size() > 1) now.least_use = Oldest()->second.used_at;
    return now;
  };
  while (const size_t surplus = account_.Report(use())) {
    const size_t wanted = held_bytes_ - std::min(held_bytes_, surplus);
    do {
      Drop(Oldest());
    } while (held_bytes_ > wanted && entries_.size() > 1);
  }
}

void SyntaxCache::Drop(Entries::iterator entry) {
  work_->Drop(entry->first, entry->second.parsing);
  held_bytes_ -= entry->second.bytes;
  entries_.erase(entry);
}

}  // namespace krait::daemon
