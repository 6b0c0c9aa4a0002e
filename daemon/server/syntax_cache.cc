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

}  // namespace

SyntaxCache::SyntaxCache() : thread_([this] { Loop(); }) {}

SyntaxCache::~SyntaxCache() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  changed_.notify_one();
  for (const Job& job : dropped) job.slot->Set(nullptr);
  thread_.join();
}

void SyntaxCache::Update(const lsp::DocumentSnapshot& document) {
  (void)EntryFor(document);
}

void SyntaxCache::Close(const std::string& uri) {
  entries_.erase(uri);
}

RequestSyntax SyntaxCache::At(const lsp::DocumentSnapshot& document,
                              size_t cursor_ofs) {
  const Entry& entry = EntryFor(document);
  return {
      .slot = entry.slot, .language = entry.language, .cursor_ofs = cursor_ofs};
}

SyntaxCache::Entry& SyntaxCache::EntryFor(
    const lsp::DocumentSnapshot& document) {
  const auto [found, is_new] = entries_.try_emplace(document->uri);
  Entry& entry = found->second;
  entry.last_use = next_use_++;
  if (entry.document == document) return entry;
  const auto* language = LanguageOf(*document);
  if (is_new || entry.language != language) {
    entry.language = language;
    entry.parsing = std::make_shared<Parsing>(language);
  }
  entry.document = document;
  entry.slot = std::make_shared<SyntaxSlot>();
  Post({.uri = document->uri,
        .document = document,
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
  }
  // Whoever still waits for that version need not.
  if (skipped != nullptr) skipped->Set(nullptr);
  changed_.notify_one();
}

void SyntaxCache::Loop() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    Run(job);
  }
}

void SyntaxCache::Run(const Job& job) {
  // Nothing but the lines would be looked at.
  if (job.document->text.size() > kLimits.max_bytes) {
    return job.slot->Set(nullptr);
  }
  // The text's bytes as they are, so that offsets mean the same.
  auto tree = job.parsing->parser.Parse(
      std::make_shared<const std::string>(job.document->text.ToString()));
  // The first question compiles the language's queries, some 100 ms: here, so
  // that no completion waits for that.
  if (!std::exchange(job.parsing->warmed, true)) (void)tree->ContextAt(0);
  job.slot->Set(std::move(tree));
}

}  // namespace krait::daemon
