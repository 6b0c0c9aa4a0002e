// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/index_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "base/private_files.h"
#include "base/system_error.h"
#include "daemon/repository/chunk_lengths.h"

namespace krait::repository {
namespace {

namespace fs = std::filesystem;

// A chunk has few lines: how many takes a byte less than which is the last.
//
// The full-text table knows of a chunk which words it has, not how often nor
// where: that takes a third of the size (postings.h says what is known of it).
constexpr const char* kTables = R"(
CREATE TABLE about(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE file(
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  hash INTEGER NOT NULL,
  left_out INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  first_chunk INTEGER NOT NULL,
  chunks INTEGER NOT NULL,
  lengths BLOB NOT NULL,
  outline BLOB NOT NULL);
CREATE TABLE chunk(
  id INTEGER PRIMARY KEY,
  file INTEGER NOT NULL,
  begin_line INTEGER NOT NULL,
  more_lines INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL,
  container TEXT NOT NULL);
CREATE VIRTUAL TABLE term USING fts5(
  words, content='', detail=none, columnsize=0,
  tokenize="ascii tokenchars '_'");
CREATE VIRTUAL TABLE term_row USING fts5vocab(term, row);
INSERT INTO term(term, rank) VALUES('hashsize', 33554432);
CREATE TABLE vector(
  first_chunk INTEGER PRIMARY KEY,
  rows BLOB NOT NULL);
INSERT INTO about VALUES('dead', 0);
INSERT INTO about VALUES('next', 1);
)";

enum Which : size_t {
  kFindFile,
  kPutFile,
  kTouchFile,
  kDeleteFile,
  kChunksOfFile,
  kDeleteChunks,
  kSetChunks,
  kPutChunk,
  kPutTerms,
  kPutVectors,
  kDeleteVectors,
  kAddDead,
  kSetNext,
  kWhichSize
};

constexpr std::array<std::string_view, kWhichSize> kStatements = {
    "SELECT id FROM file WHERE path = ?",
    "INSERT INTO file(path, bytes, modified_ns, hash, left_out, lines, "
    "first_chunk, chunks, lengths, outline) "
    "VALUES(?, ?, ?, ?, ?, ?, 0, 0, x'', ?)",
    "UPDATE file SET bytes = ?, modified_ns = ? WHERE id = ?",
    "DELETE FROM file WHERE id = ?",
    "SELECT first_chunk, chunks FROM file WHERE id = ?",
    "DELETE FROM chunk WHERE id >= ? AND id < ?",
    "UPDATE file SET first_chunk = ?, chunks = ?, lengths = ? WHERE id = ?",
    "INSERT INTO chunk(id, file, begin_line, more_lines, kind, name, "
    "container) "
    "VALUES(?, ?, ?, ?, ?, ?, ?)",
    "INSERT INTO term(rowid, words) VALUES(?, ?)",
    "INSERT INTO vector(first_chunk, rows) VALUES(?, ?)",
    "DELETE FROM vector WHERE first_chunk = ?",
    "UPDATE about SET value = value + ? WHERE key = 'dead'",
    "UPDATE about SET value = ? WHERE key = 'next'"};

int64_t Signed(uint64_t number) {
  return static_cast<int64_t>(number);
}

bool IsVersion(Database& database) {
  const auto version = database.Number("PRAGMA user_version");
  return version && *version == IndexStore::kVersion;
}

// What SQLite keeps beside a file, and the file of the lock.
std::array<fs::path, 4> FilesOf(const fs::path& index) {
  return {index, index.string() + "-wal", index.string() + "-shm",
          index.string() + ".lock"};
}

}  // namespace

// Opening ---------------------------------------------------------------------

base::Status IndexStore::MakeTables(Database& database, const std::string& root,
                                    const std::string& encoder) {
  if (auto made = database.Run("BEGIN IMMEDIATE"); !made) return made;
  if (!IsVersion(database)) {  // nobody else has made them meanwhile
    if (auto made = database.Run(kTables); !made) return made;
    auto named = database.Prepare("INSERT OR REPLACE INTO about VALUES(?, ?)");
    if (!named) return named.error();
    for (const auto& [key, value] :
         {std::pair<std::string_view, std::string_view>("root", root),
          {"encoder", encoder}}) {
      if (auto made = named->Bind(1, key).Bind(2, value).Run(); !made) {
        return made;
      }
    }
    if (auto made =
            database.Run(fmt::format("PRAGMA user_version = {}", kVersion));
        !made) {
      return made;
    }
  }
  return database.Run("COMMIT");
}

base::Result<IndexStore> IndexStore::OpenToWrite(const fs::path& file,
                                                 const std::string& root,
                                                 const std::string& encoder) {
  if (auto made = base::MakePrivateDirectories(file.parent_path()); !made) {
    return made.error();
  }
  base::Error problem;
  for (const bool again : {false, true}) {
    if (again) {
      // What cannot be read, or is of another version or encoder, goes.
      const auto removed = RemoveIndex(file);
      if (!removed) return removed.error();
    }
    auto database = Database::Open(file);
    if (!database) return database.error();
    const auto version = database->Number("PRAGMA user_version");
    if (version && *version != 0 && *version != kVersion) continue;
    base::Status ready = version ? database->Run(
                                       "PRAGMA page_size = 16384;"
                                       "PRAGMA auto_vacuum = INCREMENTAL;"
                                       "PRAGMA journal_mode = WAL;"
                                       "PRAGMA synchronous = NORMAL;"
                                       "PRAGMA temp_store = MEMORY;"
                                       "PRAGMA cache_size = -32768")
                                 : base::Status(version.error());
    if (ready) ready = MakeTables(*database, root, encoder);
    IndexStore store(std::move(*database));
    if (ready) ready = store.Prepare();
    const auto made_by =
        ready ? store.Encoder() : base::Result<std::string>(ready.error());
    if (made_by && *made_by == encoder) return store;
    if (made_by) continue;
    ready = made_by.error();
    problem = ready.error();
    if (problem.code != base::ErrorCode::kBadFile) return problem;
  }
  return problem;
}

base::Result<IndexStore> IndexStore::OpenToRead(const fs::path& file) {
  std::error_code error;
  const bool there = fs::is_regular_file(file, error);
  if (there) {
    auto database = Database::Open(file);
    if (!database) return database.error();
    if (IsVersion(*database)) {
      // What is looked up again and again of a million lines.
      auto ready = database->Run("PRAGMA cache_size = -16384");
      if (!ready) return ready.error();
      return IndexStore(std::move(*database));
    }
  }
  return base::MakeError(base::ErrorCode::kNotFound,
                         file.string() + ": there is no index (krait index)");
}

base::Status IndexStore::Prepare() {
  for (const std::string_view text : kStatements) {
    auto statement = database_.Prepare(text);
    if (!statement) return statement.error();
    statements_.push_back(std::move(*statement));
  }
  return {};
}

// Writing ---------------------------------------------------------------------

base::Result<std::unordered_map<std::string, KnownFile>>
IndexStore::KnownFiles() {
  std::unordered_map<std::string, KnownFile> files;
  auto all =
      database_.Prepare("SELECT path, id, bytes, modified_ns, hash FROM file");
  if (!all) return all.error();
  for (;;) {
    const auto row = all->Step();
    if (!row) return row.error();
    if (!*row) return files;
    files[std::string(all->Text(0))] = {
        .id = all->Integer(1),
        .stamp = {.bytes = static_cast<uint64_t>(all->Integer(2)),
                  .modified_ns = all->Integer(3)},
        .hash = static_cast<uint64_t>(all->Integer(4))};
  }
}

base::Status IndexStore::Begin() {
  if (auto begun = database_.Run("BEGIN IMMEDIATE"); !begun) return begun;
  const auto next = NextChunk();
  if (!next) return next.error();
  next_chunk_ = *next;
  return {};
}

base::Status IndexStore::Commit() {
  if (auto kept = statements_[kSetNext].Bind(1, next_chunk_).Run(); !kept) {
    return kept;
  }
  return database_.Run("COMMIT");
}

base::Status IndexStore::Put(const IndexedFile& file) {
  Statement& find = statements_[kFindFile];
  const auto known = find.Bind(1, file.path).Step();
  if (!known) return known.error();
  if (*known) {
    const int64_t id = find.Integer(0);
    find.Reset();
    if (auto removed = Remove(id); !removed) return removed;
  }
  auto put = statements_[kPutFile]
                 .Bind(1, file.path)
                 .Bind(2, Signed(file.stamp.bytes))
                 .Bind(3, file.stamp.modified_ns)
                 .Bind(4, Signed(file.hash))
                 .Bind(5, static_cast<int64_t>(file.left_out))
                 .Bind(6, Signed(file.lines))
                 .BindBlob(7, file.outline)
                 .Run();
  if (!put) return put;
  const int64_t id = database_.LastRowId();
  std::string lengths;
  for (const ChunkTerms& chunk : file.chunks) {
    if (auto done = PutChunk(id, chunk); !done) return done;
    lengths += LengthByte(chunk.count);
  }
  const auto chunks = static_cast<int64_t>(file.chunks.size());
  if (!file.vectors.empty()) {
    auto done = statements_[kPutVectors]
                    .Bind(1, next_chunk_ - chunks)
                    .BindBlob(2, file.vectors)
                    .Run();
    if (!done) return done;
  }
  return statements_[kSetChunks]
      .Bind(1, next_chunk_ - chunks)
      .Bind(2, chunks)
      .BindBlob(3, lengths)
      .Bind(4, id)
      .Run();
}

base::Status IndexStore::PutChunk(int64_t file, const ChunkTerms& terms) {
  // No number comes twice: what is gone may still be in the table of terms.
  const int64_t id = next_chunk_++;
  auto put = statements_[kPutTerms].Bind(1, id).Bind(2, terms.words).Run();
  if (!put) return put;
  return statements_[kPutChunk]
      .Bind(1, id)
      .Bind(2, file)
      .Bind(3, Signed(terms.chunk.begin_line))
      .Bind(4, Signed(terms.chunk.end_line - terms.chunk.begin_line))
      .Bind(5, static_cast<int64_t>(terms.chunk.kind))
      .Bind(6, terms.chunk.name)
      .Bind(7, terms.chunk.container)
      .Run();
}

base::Status IndexStore::Touch(int64_t file, const FileStamp& stamp) {
  return statements_[kTouchFile]
      .Bind(1, Signed(stamp.bytes))
      .Bind(2, stamp.modified_ns)
      .Bind(3, file)
      .Run();
}

base::Status IndexStore::Remove(int64_t file) {
  // A file's chunks are put one after the other, and nobody else puts any
  // meanwhile.
  Statement& chunks = statements_[kChunksOfFile];
  const auto counted = chunks.Bind(1, file).Step();
  if (!counted) return counted.error();
  const int64_t first = *counted ? chunks.Integer(0) : 0;
  const int64_t dead = *counted ? chunks.Integer(1) : 0;
  chunks.Reset();
  if (dead > 0) {
    if (auto done = statements_[kAddDead].Bind(1, dead).Run(); !done) {
      return done;
    }
    if (auto done = statements_[kDeleteVectors].Bind(1, first).Run(); !done) {
      return done;
    }
    auto done =
        statements_[kDeleteChunks].Bind(1, first).Bind(2, first + dead).Run();
    if (!done) return done;
  }
  return statements_[kDeleteFile].Bind(1, file).Run();
}

base::Status IndexStore::Optimise() {
  return database_.Run(
      "INSERT INTO term(term) VALUES('optimize');"
      "PRAGMA incremental_vacuum");
}

base::Result<int64_t> IndexStore::Chunks() {
  return database_.Number(
      "SELECT (SELECT value FROM about WHERE key = 'next') - 1 - "
      "(SELECT value FROM about WHERE key = 'dead')");
}

base::Result<int64_t> IndexStore::NextChunk() {
  return database_.Number("SELECT value FROM about WHERE key = 'next'");
}

base::Result<std::string> IndexStore::Encoder() {
  auto about =
      database_.Prepare("SELECT value FROM about WHERE key = 'encoder'");
  if (!about) return about.error();
  const auto row = about->Step();
  if (!row) return row.error();
  return *row ? std::string(about->Text(0)) : std::string();
}

base::Result<bool> IndexStore::IsWorn() {
  constexpr int64_t kLeast = 4096;
  const auto dead =
      database_.Number("SELECT value FROM about WHERE key = 'dead'");
  if (!dead) return dead.error();
  if (*dead < kLeast) return false;
  const auto alive = Chunks();
  if (!alive) return alive.error();
  return *dead > *alive / 2;
}

base::Result<IndexCounts> IndexStore::Counts() {
  IndexCounts counts;
  auto files = database_.Prepare(
      "SELECT sum(left_out = 0), sum(left_out <> 0), "
      "sum(CASE WHEN left_out = 0 THEN lines ELSE 0 END), "
      "sum(CASE WHEN left_out = 0 THEN bytes ELSE 0 END) FROM file");
  if (!files) return files.error();
  if (const auto row = files->Step(); !row) return row.error();
  counts.files = static_cast<uint64_t>(files->Integer(0));
  counts.left_out = static_cast<uint64_t>(files->Integer(1));
  counts.lines = static_cast<uint64_t>(files->Integer(2));
  counts.bytes = static_cast<uint64_t>(files->Integer(3));
  const auto chunks = Chunks();
  if (!chunks) return chunks.error();
  counts.chunks = static_cast<uint64_t>(*chunks);
  return counts;
}

// Files -----------------------------------------------------------------------

base::Result<IndexLock> IndexLock::Take(const fs::path& index,
                                        const std::stop_token& stop) {
  if (auto made = base::MakePrivateDirectories(index.parent_path()); !made) {
    return made.error();
  }
  const fs::path file = index.string() + ".lock";
  IndexLock lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.fd_) return base::SystemError(file, errno);
  constexpr std::chrono::milliseconds kAgainAfter{20};
  while (flock(lock.fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) {
      return base::SystemError(file, errno);
    }
    if (stop.stop_requested()) {
      return base::MakeError(base::ErrorCode::kCancelled,
                             file.string() + ": stopped waiting");
    }
    std::this_thread::sleep_for(kAgainAfter);
  }
  return lock;
}

fs::path IndexFile(const fs::path& state_home, const fs::path& root) {
  const std::string path = root.string();
  std::string name = root.filename().string().substr(0, 64);
  if (name.empty()) name = "root";
  return state_home / "repositories" /
         fmt::format("{}-{:016x}.index", name,
                     XXH3_64bits(path.data(), path.size()));
}

base::Result<bool> RemoveIndex(const fs::path& index) {
  bool there = false;
  for (const fs::path& file : FilesOf(index)) {
    // Who waits for the lock has the file open.
    if (file.extension() == ".lock") continue;
    std::error_code error;
    const bool removed = fs::remove(file, error);
    if (error) return base::SystemError(file, error);
    there = there || (removed && file == index);
  }
  return there;
}

namespace {

std::vector<fs::path> IndexesBelow(const fs::path& state_home) {
  std::vector<fs::path> indexes;
  std::error_code error;
  for (fs::directory_iterator at(state_home / "repositories", error);
       !error && at != fs::directory_iterator(); at.increment(error)) {
    if (at->path().extension() == ".index") indexes.push_back(at->path());
  }
  return indexes;
}

// "" if that cannot be read.
std::string RootIn(const fs::path& index) {
  auto database = Database::Open(index);
  if (!database) return {};
  auto about = database->Prepare("SELECT value FROM about WHERE key = 'root'");
  if (!about) return {};
  const auto row = about->Step();
  return row && *row ? std::string(about->Text(0)) : std::string();
}

}  // namespace

std::vector<std::string> IndexedRoots(const fs::path& state_home) {
  std::vector<std::string> roots;
  for (const fs::path& index : IndexesBelow(state_home)) {
    std::string root = RootIn(index);
    if (!root.empty()) roots.push_back(std::move(root));
  }
  std::sort(roots.begin(), roots.end());
  return roots;
}

size_t RemoveIndexes(
    const fs::path& state_home,
    const std::function<bool(const std::string& root)>& is_wanted) {
  std::error_code error;
  size_t removed = 0;
  for (const fs::path& index : IndexesBelow(state_home)) {
    if (!is_wanted(RootIn(index))) continue;
    const auto lock = IndexLock::Take(index);
    const auto gone = RemoveIndex(index);
    if (gone && *gone) ++removed;
    fs::remove(index.string() + ".lock", error);
  }
  return removed;
}

}  // namespace krait::repository
