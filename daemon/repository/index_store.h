// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_INDEX_STORE_H_
#define KRAIT_DAEMON_REPOSITORY_INDEX_STORE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "daemon/repository/chunks.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/read_file.h"
#include "daemon/repository/sqlite.h"

namespace krait::repository {

// What is known of a file without reading it.
struct KnownFile {
  int64_t id = 0;
  FileStamp stamp;
  uint64_t hash = 0;  // of its bytes
};

// A chunk and the words by which it is found (postings.h).
struct ChunkTerms {
  Chunk chunk;        // but for `head`
  std::string words;  // each once, with blanks between
  size_t count = 0;   // terms of its text
};

// A file as it is to be found.
struct IndexedFile {
  std::string path;
  FileStamp stamp = {};
  uint64_t hash = 0;
  LeftOut left_out = LeftOut::kNot;  // by its text; without chunks then
  uint64_t bytes = 0;
  uint64_t lines = 0;
  std::vector<ChunkTerms> chunks = {};
  std::string vectors = {};  // a row for each chunk; empty without an encoder
  std::string outline = {};  // as PackOutline writes it
};

struct IndexCounts {
  uint64_t files = 0;
  uint64_t left_out = 0;  // by their text
  uint64_t chunks = 0;
  uint64_t lines = 0;
  uint64_t bytes = 0;
};

// The file in which an index is kept: one for each repository, of the user
// alone. SQLite's, with the terms in a full-text table that keeps no text, so
// that a chunk that is gone stays in it, found by nobody, until it is made
// anew; that is done once there are many.
//
// A file of another version, or that is damaged, is made anew when it is opened
// to be written. Processes may read and write at once (WAL); who writes holds
// the lock (IndexLock). Thread-compatible.
class IndexStore {
 public:
  // Raised when what is in the file changes.
  static constexpr int kVersion = 5;

  // Opens the index of the repository at `root`; makes it if it is not there,
  // or if its vectors are of another encoder than the one of that name ("":
  // none).
  static base::Result<IndexStore> OpenToWrite(const std::filesystem::path& file,
                                              const std::string& root,
                                              const std::string& encoder = {});
  // Fails with kNotFound if there is none (of this version).
  static base::Result<IndexStore> OpenToRead(const std::filesystem::path& file);

  base::Result<std::unordered_map<std::string, KnownFile>> KnownFiles();

  base::Status Begin();
  base::Status Commit();
  // Takes the place of what was known of the file.
  base::Status Put(const IndexedFile& file);
  // The same bytes are there at another time.
  base::Status Touch(int64_t file, const FileStamp& stamp);
  base::Status Remove(int64_t file);
  // Makes what was written smaller and quicker; for after a large change.
  base::Status Optimise();
  // Whether so much is in it that nobody finds that it is to be made anew.
  base::Result<bool> IsWorn();

  base::Result<IndexCounts> Counts();
  // How many can be found.
  base::Result<int64_t> Chunks();
  // The number behind the last that a chunk has had.
  base::Result<int64_t> NextChunk();
  // The name of the encoder that its vectors are of; "" if it has none.
  base::Result<std::string> Encoder();
  Database& database() { return database_; }

 private:
  struct Statements;
  explicit IndexStore(Database database) : database_(std::move(database)) {}
  static base::Status MakeTables(Database& database, const std::string& root,
                                 const std::string& encoder);
  base::Status Prepare();
  base::Status PutChunk(int64_t file, const ChunkTerms& chunk);

  Database database_;
  std::vector<Statement> statements_;  // by Which
  int64_t next_chunk_ = 1;             // number, while something is written
};

// Held by the process that writes an index; it goes with the process.
class IndexLock {
 public:
  // Waits for another process that has it, until a stop (kCancelled).
  static base::Result<IndexLock> Take(const std::filesystem::path& index,
                                      const std::stop_token& stop = {});

 private:
  explicit IndexLock(int fd) : fd_(fd) {}
  base::FileDescriptor fd_;
};

// Returns where the index of a repository is kept below `state_home`.
std::filesystem::path IndexFile(const std::filesystem::path& state_home,
                                const std::filesystem::path& root);

// Deletes an index and all that SQLite has beside it; returns whether there was
// one.
base::Result<bool> RemoveIndex(const std::filesystem::path& index);

// Returns the roots of the repositories that have an index below `state_home`,
// in their order; those of indexes that cannot be read are left out.
std::vector<std::string> IndexedRoots(const std::filesystem::path& state_home);

// Deletes the indexes below `state_home` of which `is_wanted` says so for their
// root ("" if that cannot be read); returns how many.
size_t RemoveIndexes(
    const std::filesystem::path& state_home,
    const std::function<bool(const std::string& root)>& is_wanted);

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_INDEX_STORE_H_
