// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/syntax_cache.h"

#include <algorithm>
#include <utility>

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

// Whoever types on has done so by then.
constexpr std::chrono::milliseconds kQuiet{300};

size_t Distance(size_t a, size_t b) {
  return std::max(a, b) - std::min(a, b);
}

}  // namespace

SyntaxCache::SyntaxCache() : thread_([this] { Loop(); }) {}

SyntaxCache::~SyntaxCache() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
    refresh_stop_.request_stop();
  }
  changed_.notify_one();
  for (const Job& job : dropped) job.slot->Set(nullptr);
  thread_.join();
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
  entries_.erase(uri);
}

RequestSyntax SyntaxCache::At(const lsp::DocumentSnapshot& document,
                              size_t cursor_ofs) {
  const Entry& entry = EntryFor(document, cursor_ofs);
  return {
      .slot = entry.slot, .language = entry.language, .cursor_ofs = cursor_ofs};
}

SyntaxCache::Entry& SyntaxCache::EntryFor(const lsp::DocumentSnapshot& document,
                                          size_t near_ofs) {
  const auto [found, is_new] = entries_.try_emplace(document->uri);
  Entry& entry = found->second;
  entry.last_use = next_use_++;
  const bool near = Distance(entry.near_ofs, near_ofs) <= kNear;
  if (entry.document == document && near) return entry;
  const auto* language = LanguageOf(*document);
  if (is_new || entry.language != language) {
    entry.language = language;
    entry.parsing = std::make_shared<Parsing>(language);
  }
  entry.document = document;
  entry.near_ofs = near_ofs;
  entry.slot = std::make_shared<SyntaxSlot>();
  Post({.uri = document->uri,
        .document = document,
        .near_ofs = near_ofs,
        .slot = entry.slot,
        .parsing = entry.parsing});
  if (is_new && entries_.size() > kMaxDocuments) DropOldest();
  return entries_.at(document->uri);
}

void SyntaxCache::DropOldest() {
  entries_.erase(std::ranges::min_element(
      entries_, {}, [](const auto& item) { return item.second.last_use; }));
}

void SyntaxCache::Post(Job job) {
  std::shared_ptr<SyntaxSlot> skipped;
  {
    const std::lock_guard lock(mutex_);
    const auto waiting = std::ranges::find(jobs_, job.uri, &Job::uri);
    if (waiting == jobs_.end()) {
      jobs_.push_back(std::move(job));
    } else {
      skipped = std::exchange(*waiting, std::move(job)).slot;
    }
    refresh_stop_.request_stop();
  }
  // Whoever still waits for that version need not.
  if (skipped != nullptr) skipped->Set(nullptr);
  changed_.notify_one();
}

SyntaxCache::Turn SyntaxCache::NextTurn(bool has_refreshes) {
  std::unique_lock lock(mutex_);
  const auto is_due = [this] { return stopping_ || !jobs_.empty(); };
  if (has_refreshes) {
    changed_.wait_for(lock, kQuiet, is_due);
  } else {
    changed_.wait(lock, is_due);
  }
  Turn turn;
  turn.stopping = stopping_;
  if (!stopping_ && !jobs_.empty()) {
    turn.job = std::move(jobs_.front());
    jobs_.pop_front();
  }
  refresh_stop_ = std::stop_source();
  turn.refresh_stop = refresh_stop_.get_token();
  return turn;
}

void SyntaxCache::Loop() {
  Refreshes refreshes;
  for (;;) {
    const Turn turn = NextTurn(!refreshes.empty());
    if (turn.stopping) return;
    if (turn.job) {
      Run(*turn.job, &refreshes);
      continue;
    }
    const auto refresh = refreshes.begin();
    (void)refresh->second.parsing->parser.Refresh(refresh->second.text,
                                                  turn.refresh_stop);
    // One that gave way has its turn later.
    if (!turn.refresh_stop.stop_requested()) refreshes.erase(refresh);
  }
}

void SyntaxCache::Run(const Job& job, Refreshes* refreshes) {
  // Nothing but the lines would be looked at.
  if (job.document->text.size() > kLimits.max_bytes) {
    return job.slot->Set(nullptr);
  }
  // The text's bytes as they are, so that offsets mean the same.
  const auto text =
      std::make_shared<const std::string>(job.document->text.ToString());
  auto tree = job.parsing->parser.ParseNear(text, job.near_ofs);
  // The first question compiles the language's queries, some 100 ms: here, so
  // that no completion waits for that.
  if (!std::exchange(job.parsing->warmed, true)) (void)tree->ContextAt(0);
  job.slot->Set(std::move(tree));
  refreshes->insert_or_assign(job.uri, Refresh{text, job.parsing});
}

}  // namespace krait::daemon
