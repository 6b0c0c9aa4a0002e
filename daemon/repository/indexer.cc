// SPDX-License-Identifier: Apache-2.0
//
// The threads take files off a list, one by one, and put what came of them into
// a queue, out of which this thread writes. The queue is short, so that no more
// is in memory than what a few files come to.
#include "daemon/repository/indexer.h"

#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/code_terms.h"
#include "daemon/repository/chunk_terms.h"
#include "daemon/repository/document.h"
#include "daemon/repository/document_chunks.h"
#include "daemon/repository/outline.h"

namespace krait::repository {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCommitAfter{1500};

uint64_t HashOf(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

// A file that was written just now may be written again within the same tick of
// the file system's clock: its time says nothing.
FileStamp Trusted(FileStamp stamp) {
  constexpr int64_t kTickNs = 20'000'000;
  const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  if (stamp.modified_ns > now.count() - kTickNs) stamp.modified_ns = 0;
  return stamp;
}

using KnownByPath = std::unordered_map<std::string, KnownFile>;

// A file that is to be looked at.
struct Candidate {
  std::string path;
  std::optional<KnownFile> known = {};
};

// What came of it.
struct Outcome {
  std::optional<IndexedFile> indexed;
  std::optional<KnownFile> touched;  // the same bytes, with the new stamp
};

class Readers {
 public:
  Readers(const IndexOptions& options, std::vector<Candidate> candidates)
      : options_(options), candidates_(std::move(candidates)) {
    const size_t threads = std::clamp<size_t>(options.threads, 1, 64);
    running_ = threads;
    for (size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
    }
  }

  // Waits for the next; nothing once all are done.
  std::optional<Outcome> Next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !outcomes_.empty() || running_ == 0; });
    if (outcomes_.empty()) return std::nullopt;
    Outcome next = std::move(outcomes_.front());
    outcomes_.pop_front();
    room_.notify_one();
    return next;
  }

 private:
  static constexpr size_t kMostWaiting = 64;

  void Run(const std::stop_token& stop) {
    for (size_t i = next_++; i < candidates_.size() && !stop.stop_requested();
         i = next_++) {
      Outcome outcome = Read(candidates_[i], stop);
      if (stop.stop_requested()) break;
      std::unique_lock lock(mutex_);
      if (!room_.wait(lock, stop,
                      [this] { return outcomes_.size() < kMostWaiting; })) {
        break;
      }
      outcomes_.push_back(std::move(outcome));
      changed_.notify_one();
    }
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_one();
  }

  // Not to be tried again before it changes.
  static Outcome Unreadable(const Candidate& candidate, FileStamp stamp,
                            uint64_t hash) {
    return {.indexed = IndexedFile{.path = candidate.path,
                                   .stamp = stamp,
                                   .hash = hash,
                                   .left_out = LeftOut::kUnreadable},
            .touched = {}};
  }

  Outcome Read(const Candidate& candidate, const std::stop_token& stop) const {
    FileStamp stamp;
    auto text = ReadFile(options_.root / candidate.path,
                         FileChoice::MostBytes(candidate.path), &stamp);
    stamp = Trusted(stamp);
    if (!text) return Unreadable(candidate, stamp, 0);
    if (options_.change) {
      *text = options_.change(candidate.path, std::move(*text));
    }
    const uint64_t hash = HashOf(*text);
    if (candidate.known && candidate.known->hash == hash) {
      KnownFile touched = *candidate.known;
      touched.stamp = stamp;
      return {.indexed = {}, .touched = touched};
    }
    auto file = IsDocument(candidate.path)
                    ? ReadAsDocument(candidate.path, *text, stop)
                    : ReadAsText(candidate.path, std::move(*text));
    if (!file) return Unreadable(candidate, stamp, hash);
    file->stamp = stamp;
    file->hash = hash;
    return {.indexed = std::move(*file), .touched = {}};
  }

  base::Result<IndexedFile> ReadAsDocument(const std::string& path,
                                           std::string_view bytes,
                                           const std::stop_token& stop) const {
    const auto document = ReadDocument(path, bytes, {}, stop);
    if (!document) return document.error();
    const Verdict verdict = options_.choice.ByText(path, document->text);
    if (verdict.taken())
      return IndexDocument(path, *document, options_.encoder);
    return IndexedFile{.path = path, .left_out = verdict.left_out};
  }

  base::Result<IndexedFile> ReadAsText(const std::string& path,
                                       std::string text) const {
    const Verdict verdict = options_.choice.ByText(path, text);
    if (!verdict.taken()) {
      return IndexedFile{.path = path, .left_out = verdict.left_out};
    }
    return IndexText(path, std::make_shared<const std::string>(std::move(text)),
                     options_.encoder);
  }

  const IndexOptions& options_;
  const std::vector<Candidate> candidates_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable_any room_;
  std::deque<Outcome> outcomes_;       // guarded by mutex_
  size_t running_ = 0;                 // guarded by mutex_
  std::vector<std::jthread> threads_;  // stopped and joined first
};

// One update, of an index that is open and locked.
class Update {
 public:
  Update(const IndexOptions& options, IndexStore& store, std::stop_token stop)
      : options_(options), store_(store), stop_(std::move(stop)) {}

  base::Result<IndexReport> Run() {
    auto known = store_.KnownFiles();
    if (!known) return known.error();
    report_.rebuilt = known->empty();
    const auto begin = Clock::now();
    std::vector<Candidate> candidates;
    if (options_.only && !report_.rebuilt) {
      *known = LookAtOnly(std::move(*known), &candidates);
    } else {
      const auto walked = Walk(
          options_.root, options_.choice, options_.limits,
          [&](FoundFile found) {
            Look(std::move(found), &*known, &candidates);
            return true;
          },
          stop_);
      if (!walked) return walked.error();
    }
    report_.walked = Clock::now() - begin;
    // What is left of those that are known is gone.
    if (candidates.empty() && known->empty()) return report_;
    if (auto begun = store_.Begin(); !begun) return begun.error();
    for (const auto& [path, file] : *known) {
      if (auto removed = store_.Remove(file.id); !removed) {
        return removed.error();
      }
      ++report_.removed;
    }
    if (auto written = Write(std::move(candidates)); !written) {
      return written.error();
    }
    if (auto done = store_.Commit(); !done) return done.error();
    return report_;
  }

 private:
  // Returns those of the files that somebody named which were known and are
  // gone.
  KnownByPath LookAtOnly(KnownByPath known,
                         std::vector<Candidate>* candidates) {
    KnownByPath named;
    for (const std::string& path : *options_.only) {
      if (auto node = known.extract(path)) named.insert(std::move(node));
    }
    const std::set<std::string> paths(options_.only->begin(),
                                      options_.only->end());
    for (const std::string& path : paths) {
      auto found = FindFile(options_.root, path, options_.choice);
      if (found) Look(std::move(*found), &named, candidates);
    }
    return named;
  }

  // Takes the file out of those that are known.
  void Look(FoundFile found, KnownByPath* known,
            std::vector<Candidate>* candidates) {
    Candidate candidate{.path = std::move(found.path)};
    const auto before = known->find(candidate.path);
    if (before != known->end()) {
      candidate.known = before->second;
      known->erase(before);
      if (candidate.known->stamp == found.stamp) {
        ++report_.unchanged;
        return;
      }
    }
    candidates->push_back(std::move(candidate));
  }

  base::Status Write(std::vector<Candidate> candidates) {
    const size_t total = candidates.size();
    Readers readers(options_, std::move(candidates));
    auto committed = Clock::now();
    for (size_t done = 0;; ++done) {
      if (options_.on_progress) options_.on_progress(done, total);
      if (stop_.stop_requested()) {
        if (auto kept = store_.Commit(); !kept) return kept;
        return base::MakeError(base::ErrorCode::kCancelled,
                               "indexing was stopped");
      }
      const auto outcome = readers.Next();
      if (!outcome) break;
      if (auto put = Put(*outcome); !put) return put;
      if (Clock::now() - committed < kCommitAfter) continue;
      if (auto kept = store_.Commit(); !kept) return kept;
      if (auto begun = store_.Begin(); !begun) return begun;
      committed = Clock::now();
    }
    // Many small pieces become one.
    constexpr size_t kMany = 1000;
    if (total > kMany) return store_.Optimise();
    return {};
  }

  base::Status Put(const Outcome& outcome) {
    if (outcome.touched) {
      ++report_.unchanged;
      return store_.Touch(outcome.touched->id, outcome.touched->stamp);
    }
    ++report_.changed;
    return store_.Put(*outcome.indexed);
  }

  const IndexOptions& options_;
  IndexStore& store_;
  const std::stop_token stop_;
  IndexReport report_;
};

base::Result<IndexReport> UpdateOnce(const IndexOptions& options, bool* worn,
                                     const std::stop_token& stop) {
  auto store = IndexStore::OpenToWrite(
      options.index, options.root.string(),
      options.encoder == nullptr ? "" : options.encoder->name());
  if (!store) return store.error();
  auto report = Update(options, *store, stop).Run();
  if (!report) return report.error();
  const auto is_worn = store->IsWorn();
  if (!is_worn) return is_worn.error();
  *worn = *is_worn;
  const auto counts = store->Counts();
  if (!counts) return counts.error();
  report->counts = *counts;
  return report;
}

uint64_t BytesOf(const std::filesystem::path& index) {
  uint64_t bytes = 0;
  for (const char* const end : {"", "-wal"}) {
    std::error_code none;
    const auto size = std::filesystem::file_size(index.string() + end, none);
    if (!none) bytes += size;
  }
  return bytes;
}

// A chunk says more with the names that are around it.
std::string VectorsOf(const std::vector<Chunk>& chunks, std::string_view text,
                      const ChunkEncoder& encoder) {
  std::vector<std::string> named;
  for (const Chunk& chunk : chunks) {
    std::string one = chunk.container + " " + chunk.name + "\n";
    one += text.substr(chunk.begin_ofs, chunk.end_ofs - chunk.begin_ofs);
    named.push_back(std::move(one));
  }
  const std::vector<std::string_view> texts(named.begin(), named.end());
  return encoder.EncodeChunks(texts);
}

IndexedFile IndexChunks(const std::string& path, std::string_view text,
                        std::vector<Chunk> chunks,
                        const ChunkEncoder* encoder) {
  IndexedFile file{.path = path};
  file.bytes = text.size();
  file.lines =
      static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n') +
                            (text.empty() || text.back() == '\n' ? 0 : 1));
  if (encoder != nullptr) file.vectors = VectorsOf(chunks, text, *encoder);
  for (Chunk& chunk : chunks) {
    file.chunks.push_back(TermsOfChunk(std::move(chunk), path, text));
  }
  return file;
}

}  // namespace

IndexedFile IndexText(const std::string& path,
                      const std::shared_ptr<const std::string>& text,
                      const ChunkEncoder* encoder) {
  const std::vector<grammars::Symbol> declared = DeclarationsOf(path, text);
  IndexedFile file =
      IndexChunks(path, *text, CutIntoChunks(path, *text, declared), encoder);
  file.outline = PackOutline(declared, *text);
  return file;
}

IndexedFile IndexDocument(const std::string& path, const Document& document,
                          const ChunkEncoder* encoder) {
  return IndexChunks(path, document.text, CutDocument(document), encoder);
}

base::Result<IndexReport> UpdateIndex(const IndexOptions& options,
                                      const std::stop_token& stop) {
  const auto begin = Clock::now();
  const auto lock = IndexLock::Take(options.index, stop);
  if (!lock) return lock.error();
  bool worn = false;
  auto report = UpdateOnce(options, &worn, stop);
  // Damage that shows only while it is read or written: once more, from
  // nothing.
  const bool damaged =
      !report && report.error().code == base::ErrorCode::kBadFile;
  if (damaged || worn) {
    const auto removed = RemoveIndex(options.index);
    if (!removed) return removed.error();
    report = UpdateOnce(options, &worn, stop);
  }
  if (!report) return report.error();
  report->index_bytes = BytesOf(options.index);
  report->took = Clock::now() - begin;
  return report;
}

}  // namespace krait::repository
