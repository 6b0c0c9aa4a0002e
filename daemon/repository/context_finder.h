// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CONTEXT_FINDER_H_
#define KRAIT_DAEMON_REPOSITORY_CONTEXT_FINDER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "daemon/completion/text/repository_context.h"
#include "daemon/repository/file_choice.h"
#include "daemon/repository/import_paths.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/outline.h"
#include "daemon/repository/similar_places.h"
#include "daemon/repository/sqlite.h"

namespace krait::repository {

// About so many bytes of code are a token.
inline constexpr size_t kBytesOfToken = 3;

// A place that is to be completed.
struct ContextQuestion {
  std::string_view path = {};      // in the repository
  std::string_view language = {};  // as grammars/language.h names it
  // The text around the cursor, as much as is at hand.
  std::string_view before = {};
  std::string_view after = {};
  // What was edited in these, the last first.
  std::vector<completion::ContextPiece> edited = {};
  size_t most_bytes = 0;
};

// Finds what a model should see of a repository before it completes in one of
// its files: the signatures of what the file imports and of what is named
// around the cursor, the places with the rarest of the identifiers that are
// there, and what was edited last. Nothing is read that the rules by which
// files are chosen leave out, though an older index may know it.
//
// Costs a few milliseconds once the outlines of the imported files are there,
// which are parsed when they are wanted first. Thread-compatible; the index may
// be written by others meanwhile.
class ContextFinder {
 public:
  static base::Result<ContextFinder> Open(const std::filesystem::path& index,
                                          std::filesystem::path root,
                                          FileChoice choice);

  // Returns nothing more than what there is: an index that cannot be read is an
  // error.
  base::Result<completion::RepositoryContext> Find(
      const ContextQuestion& question);

 private:
  // A file, as it is on the disk.
  struct File {
    std::string path;
    FileStamp stamp = {};
    std::shared_ptr<const std::string> text = {};
  };
  // One answer in the making.
  struct Search;

  ContextFinder(Database database, std::filesystem::path root,
                FileChoice choice);
  base::Status Prepare();
  base::Status ReadPaths();

  static NearNames NamesAround(const ContextQuestion& question);
  const std::vector<std::string>& ModulesOf(const ContextQuestion& question);
  // Returns the file if it is there and may be shown by its name.
  std::optional<File> Read(const std::string& path) const;
  // Whether it may be by its text, too.
  bool MayShow(const File& file);
  base::Result<completion::RepositoryContext> FindIn(Search* search);
  const Outline* OutlineOfFile(const std::string& path);
  Outline OutlineOfText(const File& file);

  void AddEdited(Search* search) const;
  void AddImported(Search* search);
  base::Status AddNamed(Search* search);
  base::Status AddSimilar(Search* search);
  // Of an outline what is worth its tokens; false: nothing.
  static bool AddDeclared(const std::string& path, const Outline& outline,
                          double worth, bool named_only, Search* search);

  Database database_;
  const std::filesystem::path root_;
  const FileChoice choice_;
  std::vector<Statement> statements_;
  ImportPaths imports_;
  int64_t paths_version_ = -1;  // of the index, when imports_ was read
  OutlineCache outlines_;
  // What a file imports, by the text that says so.
  struct Imported {
    std::string statements;
    std::vector<std::string> modules;
  };
  std::map<std::string, Imported, std::less<>> imported_;  // by path
  SimilarPlaces::TermCounts term_counts_;  // as of paths_version_
  // Whether a file may be shown by its text, as it was then.
  struct Judged {
    FileStamp stamp;
    uint64_t hash = 0;  // of the text
    bool taken = false;
  };
  std::unordered_map<std::string, Judged> judged_;  // by path
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CONTEXT_FINDER_H_
