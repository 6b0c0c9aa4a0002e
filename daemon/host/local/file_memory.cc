// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/file_memory.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "daemon/completion/text/repository_place.h"

namespace krait::daemon {
namespace {

// Names of documents and of other texts are told apart.
constexpr char kDocument = 'd';
constexpr char kOther = 'o';

// Whole lines of what lies before the cursor, as much as is remembered.
// They begin, within the first eighth, with the line that has the least hash,
// so that they do not begin elsewhere with each character that is typed.
std::string_view LinesBefore(std::string_view before) {
  if (before.size() <= completion::kRememberedBytes) return before;
  before.remove_prefix(before.size() - completion::kRememberedBytes);
  size_t steadiest = 0;
  size_t least = std::numeric_limits<size_t>::max();
  for (size_t begin = before.find('\n') + 1;
       begin < completion::kRememberedBytes / 8;) {
    const size_t end = before.find('\n', begin);
    const size_t hash =
        std::hash<std::string_view>()(before.substr(begin, end - begin));
    if (hash < least) {
      least = hash;
      steadiest = begin;
    }
    if (end == std::string_view::npos) break;
    begin = end + 1;
  }
  return before.substr(steadiest);
}

std::string_view LinesAfter(std::string_view after) {
  if (after.size() <= completion::kRememberedBytes) return after;
  after = after.substr(0, completion::kRememberedBytes);
  return after.substr(0, after.rfind('\n') + 1);
}

}  // namespace

FileMemory::FileMemory(const engine::Tokenizer& tokenizer,
                       std::optional<engine::MemoryWeights> weights)
    : forms_(tokenizer),
      weights_(std::move(weights)),
      repositories_(forms_, mixes()
                                ? engine::TextCollection::Tokens::kOfLines
                                : engine::TextCollection::Tokens::kOfTexts) {}

std::unique_ptr<engine::TextMemory> FileMemory::At(
    const std::string& document, const completion::RememberedTexts& around,
    std::string_view beginning) {
  const std::string_view before = LinesBefore(around.before);
  std::string text(before);
  text += LinesAfter(around.after);
  const auto tokens = Update(kDocument + document, std::move(text), nullptr);

  const size_t line = tokens->LineOf(before.size());
  std::string_view begun = before.substr(tokens->LineBegin(line));
  begun.remove_suffix(std::min(beginning.size(), begun.size()));
  std::vector<engine::TextTokensPtr> others;
  size_t room = kMostBytesOfOthers;
  if (around.others != nullptr) {
    for (const completion::NearbyText& other : *around.others) {
      others.push_back(OfOther(other, room));
      room -= std::min(room, others.back()->text().size());
      if (room == 0) break;
    }
  }
  ShrinkTo(kMostBytes);
  std::vector<engine::TokenId> begun_tokens;
  if (begun.size() <= engine::TextTokens::kMaxLineBytes) {
    begun_tokens = forms_.tokenizer().Encode(begun, engine::DummyPrefix::kNone);
  }
  return std::make_unique<engine::TextMemory>(forms_, *weights_, tokens, line,
                                              begun_tokens, std::move(others),
                                              OfRepository(around));
}

engine::RememberedCollection FileMemory::OfRepository(
    const completion::RememberedTexts& around) {
  if (around.repository == nullptr) return {};
  return repositories_.CollectionOf(*around.repository);
}

uint64_t FileMemory::Fingerprint(const completion::RememberedTexts& around,
                                 size_t prefix_bytes) {
  const std::hash<std::string_view> hash;
  std::string_view before = LinesBefore(around.before);
  before.remove_suffix(std::min(prefix_bytes, before.size()));
  uint64_t sum = hash(before);
  const auto add = [&sum](uint64_t value) {
    sum = (sum ^ value) * 0x9e3779b97f4a7c15U + 1;
  };
  add(hash(LinesAfter(around.after)));
  if (around.repository != nullptr) {
    add(repositories_.Of(*around.repository).number);
    add(hash(around.repository->file));
    for (const std::string& file : around.repository->open) add(hash(file));
  }
  if (around.others == nullptr) return sum;
  for (const completion::NearbyText& other : *around.others) {
    add(hash(other.name));
    add(std::hash<const void*>()(other.source.get()));
  }
  return sum;
}

engine::TextTokensPtr FileMemory::Update(
    const std::string& name, std::string text,
    std::shared_ptr<const completion::TextSource> source) {
  Entry& entry = entries_[name];
  Touch(&entry);
  entry.source = std::move(source);
  if (entry.tokens != nullptr && entry.tokens->text() == text) {
    return entry.tokens;
  }
  if (entry.tokens != nullptr) held_bytes_ -= entry.tokens->bytes();
  entry.tokens = std::make_shared<const engine::TextTokens>(
      std::move(text), forms_, entry.tokens.get());
  held_bytes_ += entry.tokens->bytes();
  return entry.tokens;
}

engine::TextTokensPtr FileMemory::OfOther(const completion::NearbyText& other,
                                          size_t max_bytes) {
  const std::string name = kOther + other.name;
  const auto found = entries_.find(name);
  if (found != entries_.end() && found->second.source == other.source &&
      found->second.tokens->text().size() <= max_bytes) {
    Touch(&found->second);
    return found->second.tokens;
  }
  return Update(name, other.source->Read(max_bytes), other.source);
}

void FileMemory::Forget() {
  repositories_.Forget();
  entries_.clear();
  held_bytes_ = 0;
}

void FileMemory::Touch(Entry* entry) {
  entry->last_used = ++uses_;
  entry->used_at = std::chrono::steady_clock::now();
}

FileMemory::Entries::const_iterator FileMemory::Oldest() const {
  return std::ranges::min_element(
      entries_, {}, [](const auto& entry) { return entry.second.last_used; });
}

base::MemoryUse FileMemory::use() const {
  base::MemoryUse use{.bytes = held_bytes_};
  if (entries_.size() > 1) use.least_use = Oldest()->second.used_at;
  const base::MemoryUse repositories = repositories_.use();
  use.bytes += repositories.bytes;
  if (!use.least_use ||
      (repositories.least_use && *repositories.least_use < *use.least_use)) {
    use.least_use = repositories.least_use;
  }
  return use;
}

void FileMemory::GiveBack(size_t bytes) {
  const base::MemoryUse repositories = repositories_.use();
  if (repositories.least_use &&
      (entries_.size() < 2 ||
       *repositories.least_use < Oldest()->second.used_at)) {
    repositories_.GiveBack(bytes);
    bytes -= std::min(bytes, repositories.bytes - repositories_.use().bytes);
  }
  ShrinkTo(held_bytes_ - std::min(held_bytes_, bytes));
}

void FileMemory::ShrinkTo(size_t bytes) {
  while (held_bytes_ > bytes && entries_.size() > 1) {
    const auto oldest = Oldest();
    held_bytes_ -= oldest->second.tokens->bytes();
    entries_.erase(oldest);
  }
}

}  // namespace krait::daemon
