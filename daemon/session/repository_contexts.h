// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_REPOSITORY_CONTEXTS_H_
#define KRAIT_DAEMON_SESSION_REPOSITORY_CONTEXTS_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "daemon/completion/rules/file_rules.h"
#include "daemon/completion/text/repository_context.h"
#include "daemon/session/file_lookup.h"

namespace krait::daemon {

class LazyEncoder;

// A place in an open document that is worth a context.
struct ContextWish {
  std::string uri;
  std::string root;      // of its repository, absolute
  std::string path;      // in that
  std::string language;  // as grammars/language.h names it
  std::string before;
  std::string after;
  std::vector<completion::ContextPiece> edited = {};  // in other documents
  size_t most_bytes = 0;
  completion::FileRules rules = {};  // of what may be read
};

// What the documents of a session could be shown of other files of their
// repositories. Found on a thread of its own, which waits until the typing
// rests for a moment, in indexes that are followed from then on
// (IndexFollower).
//
// All calls on the owner's thread.
class RepositoryContexts {
 public:
  static constexpr std::chrono::milliseconds kRest{150};

  struct Callbacks {
    // Something else was found for a document than before.
    std::function<void(const std::string& uri)> on_found;
    // An index is being made: files done, of so many; the end is said, too.
    std::function<void(size_t done, size_t total)> on_progress;
    // Whether indexes may be brought up to date now; called on other threads,
    // as long as these run. Null: always.
    std::function<bool()> may_index = {};
  };

  // `state_home`: where indexes are kept; empty: nowhere, and nothing is found.
  // `encoder`: what makes the vectors of these indexes, as searches do.
  RepositoryContexts(std::filesystem::path state_home,
                     std::shared_ptr<LazyEncoder> encoder,
                     FileLookup::PostToOwner post, Callbacks callbacks);
  ~RepositoryContexts();
  RepositoryContexts(const RepositoryContexts&) = delete;
  RepositoryContexts& operator=(const RepositoryContexts&) = delete;

  // Takes the place of an earlier wish of the document that was not met yet.
  void Ask(ContextWish wish);
  // What was found last; null: nothing yet.
  completion::RepositoryContextPtr Of(const std::string& uri) const;
  void Close(const std::string& uri);

  // An editor says that these files, absolute, are others than they were.
  void FilesChanged(const std::vector<std::string>& files);

  // Lets go of all that was found; returns the documents it was found for.
  std::vector<std::string> Forget();

 private:
  struct Shared;
  void Found(const std::string& uri, completion::RepositoryContextPtr context);

  const std::filesystem::path state_home_;
  const std::shared_ptr<LazyEncoder> encoder_;
  const FileLookup::PostToOwner post_;
  const Callbacks callbacks_;
  std::unordered_map<std::string, completion::RepositoryContextPtr> found_;
  std::shared_ptr<Shared> shared_;  // null: no thread yet
  std::thread thread_;
  // Held weakly by what was posted.
  const std::shared_ptr<RepositoryContexts*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_REPOSITORY_CONTEXTS_H_
