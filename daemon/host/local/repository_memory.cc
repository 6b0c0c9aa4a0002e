// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/repository_memory.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/completion/rules/file_rules.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/read_file.h"
#include "daemon/repository/walk.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

// Languages whose files have the same names in them.
constexpr std::array<std::array<std::string_view, 3>, 2> kFamilies = {
    {{"c", "cpp", ""}, {"javascript", "typescript", "tsx"}}};

bool SharesWords(std::string_view a, std::string_view b) {
  if (a == b) return true;
  return std::ranges::any_of(kFamilies, [&](const auto& family) {
    return std::ranges::find(family, a) != family.end() &&
           std::ranges::find(family, b) != family.end();
  });
}

// What runs beside it comes first: keystrokes, above all.
void LowerPriority() {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  (void)setpriority(PRIO_PROCESS, thread, 19);
}

using repository::FoundFile;

// The files of a repository in a language, the latest first.
std::vector<FoundFile> FilesInLanguage(const std::string& root,
                                       std::string_view language,
                                       const repository::FileChoice& choice,
                                       const std::stop_token& stop) {
  std::vector<FoundFile> files;
  (void)repository::Walk(  // what was found before a mistake is there
      root, choice, {},
      [&](FoundFile file) {
        const grammars::Language* const of_file =
            grammars::LanguageOfPath(file.path);
        if (of_file != nullptr && SharesWords(of_file->name, language)) {
          files.push_back(std::move(file));
        }
        return true;
      },
      stop);
  const auto rank = [](const FoundFile& file) {
    return std::tuple(-file.stamp.modified_ns, std::string_view(file.path));
  };
  std::ranges::sort(files, [&](const FoundFile& a, const FoundFile& b) {
    return rank(a) < rank(b);
  });
  return files;
}

uint64_t HashOfFiles(const std::vector<FoundFile>& files) {
  uint64_t hash = 1;
  for (const FoundFile& file : files) {
    hash = XXH3_64bits_withSeed(file.path.data(), file.path.size(), hash);
    hash = XXH3_64bits_withSeed(&file.stamp, sizeof(file.stamp), hash);
  }
  return hash;
}

engine::TextCollectionPtr CollectTexts(const std::string& root,
                                       const std::vector<FoundFile>& files,
                                       const repository::FileChoice& choice,
                                       engine::TextCollection::Builder builder,
                                       const std::stop_token& stop) {
  for (const FoundFile& file : files) {
    if (stop.stop_requested()) return nullptr;
    auto text = repository::ReadFile(root + "/" + file.path,
                                     repository::FileChoice::kMaxBytes);
    if (!text || !choice.ByText(file.path, *text).taken()) continue;
    std::erase(*text, '\r');
    if (!builder.Add(file.path, *text)) break;
  }
  return builder.Build(stop);
}

}  // namespace

bool RepositoryMemory::Key::operator==(const Key& other) const {
  if (root != other.root || language != other.language) return false;
  if (rules == other.rules) return true;
  return rules != nullptr && other.rules != nullptr && *rules == *other.rules;
}

RepositoryMemory::RepositoryMemory(const engine::TokenForms& forms,
                                   engine::TextCollection::Tokens tokens)
    : forms_(forms), tokens_(tokens) {}

RepositoryMemory::~RepositoryMemory() = default;

RepositoryMemory::Entry* RepositoryMemory::Find(const Key& key) {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  return found == entries_.end() ? nullptr : &*found;
}

RepositoryMemory::Remembered RepositoryMemory::Of(
    const completion::RepositoryPlace& place) {
  const auto now = Clock::now();
  const Key key{place.root, place.language, place.rules};
  std::unique_lock lock(mutex_);
  Entry* entry = Find(key);
  if (entry == nullptr) {
    if (entries_.size() >= kMost) DropOldest();
    entry = &entries_.emplace_back(Entry{.key = key, .remembered = {}});
  }
  entry->asked_at = now;
  if (!entry->reading &&
      (!entry->read_at || now - *entry->read_at > kAgainAfter)) {
    Ask(entry, now);
  }
  if (place.wait) {
    changed_.wait(lock, [this, &key] {
      const Entry* const waited = Find(key);
      return waited == nullptr || waited->read_at.has_value();
    });
    entry = Find(key);
  }
  return entry == nullptr ? Remembered() : entry->remembered;
}

engine::RememberedCollection RepositoryMemory::CollectionOf(
    const completion::RepositoryPlace& place) {
  engine::RememberedCollection collection{.texts = Of(place).texts};
  if (collection.texts == nullptr) return collection;
  for (const std::string& file : place.open) {
    const auto places = collection.texts->PlacesOf(file);
    if (places.size() > 0) collection.left_out.push_back(places);
  }
  if (!place.file.empty()) {
    const std::string_view file = place.file;
    const size_t slash = file.rfind('/');
    collection.nearby = collection.texts->PlacesIn(
        file.substr(0, slash == file.npos ? 0 : slash));
  }
  return collection;
}

void RepositoryMemory::Ask(Entry* entry, Clock::time_point /*now*/) {
  entry->reading = true;
  asked_.push_back(entry->key);
  if (!thread_.joinable()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  changed_.notify_all();
}

void RepositoryMemory::Run(const std::stop_token& stop) {
  LowerPriority();
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !asked_.empty(); })) {
    const Key key = std::move(asked_.front());
    asked_.pop_front();
    lock.unlock();
    Read(key, stop);
    lock.lock();
  }
}

void RepositoryMemory::Read(const Key& key, const std::stop_token& stop) {
  const repository::FileChoice choice(
      key.rules == nullptr ? completion::FileRules() : *key.rules);
  const auto files = FilesInLanguage(key.root, key.language, choice, stop);
  const uint64_t hash = HashOfFiles(files);
  bool same = false;
  {
    const std::lock_guard lock(mutex_);
    const Entry* const entry = Find(key);
    if (entry == nullptr) return;  // forgotten meanwhile
    same = entry->read_at.has_value() && entry->files_hash == hash;
  }
  engine::TextCollectionPtr texts;
  if (!same) {
    texts = CollectTexts(key.root, files, choice,
                         {forms_, kMostTokens, tokens_}, stop);
  }
  if (stop.stop_requested()) return;
  const std::lock_guard lock(mutex_);
  if (Entry* const entry = Find(key); entry != nullptr) {
    if (!same) {
      entry->files_hash = hash;
      const bool none = texts == nullptr || texts->texts() == 0;
      entry->remembered =
          none ? Remembered()
               : Remembered{.texts = std::move(texts), .number = ++numbers_};
    }
    entry->reading = false;
    entry->read_at = Clock::now();
  }
  changed_.notify_all();
}

void RepositoryMemory::Forget() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
  asked_.clear();
  changed_.notify_all();
}

void RepositoryMemory::DropOldest() {
  entries_.erase(std::ranges::min_element(entries_, {}, &Entry::asked_at));
}

base::MemoryUse RepositoryMemory::use() const {
  const std::lock_guard lock(mutex_);
  base::MemoryUse use;
  for (const Entry& entry : entries_) {
    if (entry.remembered.texts == nullptr) continue;
    use.bytes += entry.remembered.texts->bytes();
    if (!use.least_use || entry.asked_at < *use.least_use) {
      use.least_use = entry.asked_at;
    }
  }
  return use;
}

void RepositoryMemory::GiveBack(size_t bytes) {
  const std::lock_guard lock(mutex_);
  while (bytes > 0 && !entries_.empty()) {
    const auto oldest =
        std::ranges::min_element(entries_, {}, [](const Entry& entry) {
          // What holds nothing gives nothing back.
          return std::pair(entry.remembered.texts == nullptr, entry.asked_at);
        });
    if (oldest->remembered.texts == nullptr) return;
    bytes -= std::min(bytes, oldest->remembered.texts->bytes());
    entries_.erase(oldest);
  }
}

}  // namespace krait::daemon
