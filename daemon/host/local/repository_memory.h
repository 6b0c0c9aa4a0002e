// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_REPOSITORY_MEMORY_H_
#define KRAIT_DAEMON_HOST_LOCAL_REPOSITORY_MEMORY_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/memory_budget.h"
#include "daemon/completion/text/repository_place.h"
#include "engine/memory/text_collection.h"
#include "engine/memory/token_forms.h"

namespace krait::daemon {

// What a model is reminded of beside open files, or what drafts are guessed
// from: the files of the repository that are in the same language (or one that
// shares its words, as C does with C++), as they lie on the disk. Which are
// read: daemon/repository's rules.
//
// They are read on a thread of its own, of low priority, when they are asked
// for first; until then there is nothing. A file that changes is read again
// after a while, when its repository is asked for. What is given out is
// immutable, and stays what it is.
//
// Thread-compatible: one thread asks.
class RepositoryMemory {
 public:
  // Of one repository and language: what would be more is left out, what was
  // written longest ago first. Eight bytes a token.
  static constexpr size_t kMostTokens = size_t{6} << 20;
  // So many are kept.
  static constexpr size_t kMost = 4;
  static constexpr std::chrono::seconds kAgainAfter{30};

  // `forms` must outlive it.
  explicit RepositoryMemory(const engine::TokenForms& forms,
                            engine::TextCollection::Tokens tokens =
                                engine::TextCollection::Tokens::kOfLines);
  ~RepositoryMemory();
  RepositoryMemory(const RepositoryMemory&) = delete;
  RepositoryMemory& operator=(const RepositoryMemory&) = delete;

  struct Remembered {
    engine::TextCollectionPtr texts;  // null: nothing (yet)
    uint64_t number = 0;              // tells it from all others; 0 for nothing
  };
  // Returns what is known of a repository's texts. Waits for nothing, unless
  // the place says so.
  Remembered Of(const completion::RepositoryPlace& place);
  // The same, without what is open there.
  engine::RememberedCollection CollectionOf(
      const completion::RepositoryPlace& place);

  // Lets go of all.
  void Forget();
  base::MemoryUse use() const;
  // What was asked for longest ago goes first.
  void GiveBack(size_t bytes);

 private:
  using Clock = std::chrono::steady_clock;
  // Of which texts: a repository and a language, by certain rules.
  struct Key {
    std::string root;
    std::string language;
    std::shared_ptr<const completion::FileRules> rules;
    bool operator==(const Key& other) const;
  };
  struct Entry {
    Key key;
    Remembered remembered;
    uint64_t files_hash = 0;  // of their names and stamps
    bool reading = false;
    std::optional<Clock::time_point> read_at = {};
    Clock::time_point asked_at = {};
  };

  Entry* Find(const Key& key);
  void Ask(Entry* entry, Clock::time_point now);
  void Run(const std::stop_token& stop);
  void Read(const Key& key, const std::stop_token& stop);
  void DropOldest();

  const engine::TokenForms& forms_;
  const engine::TextCollection::Tokens tokens_;
  mutable std::mutex mutex_;
  // All guarded by mutex_.
  std::condition_variable_any changed_;
  std::list<Entry> entries_;
  std::deque<Key> asked_;  // to be read
  uint64_t numbers_ = 0;
  // Ends before what it uses; made when it is needed.
  std::jthread thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_REPOSITORY_MEMORY_H_
