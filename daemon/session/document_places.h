// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_DOCUMENT_PLACES_H_
#define KRAIT_DAEMON_SESSION_DOCUMENT_PLACES_H_

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/completion/rules/file_rules.h"
#include "daemon/session/delayed_calls.h"
#include "daemon/session/file_lookup.h"
#include "lsp/lifecycle_types.h"

namespace krait::daemon {

// Where the open documents of a session lie, and so which of them may be read.
// A document's names are all that its URI may mean as a path, and the paths of
// the file on this machine if links lead to others. Where they lead is asked
// when the document is opened, on a thread of its own; a file system that does
// not answer for long keeps the document unread until it does. Links may
// lead elsewhere later: names are added then, none is ever taken away, as what
// was read by the old ones is in the document still.
//
// All calls on the owner's thread.
class DocumentPlaces {
 public:
  // `on_known` is called with a URI once its permission may have changed by
  // itself. `delays` must outlive this.
  // `again_after`: how long what was found counts.
  struct Patience {
    std::chrono::milliseconds with_files = std::chrono::seconds(2);
    std::chrono::milliseconds again_after = std::chrono::seconds(5);
  };
  DocumentPlaces(FileLookup::PostToOwner post, FileLookup::LookUp look_up,
                 DelayedCalls& delays, Patience patience,
                 std::function<void(const std::string& uri)> on_known);

  void AddFolders(std::span<const lsp::WorkspaceFolder> folders);
  void RemoveFolders(std::span<const lsp::WorkspaceFolder> folders);

  void Open(const std::string& uri);
  bool Has(const std::string& uri) const { return places_.contains(uri); }
  void Close(const std::string& uri) { places_.erase(uri); }
  // The text of the document has changed: looks where it lies again, now or
  // once what was found does not count any more. Until then nothing changes.
  void LookAgain(const std::string& uri);

  // Returns all names that a document has had since it was opened.
  std::vector<std::string> NamesOf(const std::string& uri) const;

  // Of a document that is open. `rules` are those that are in force now.
  const completion::ReadPermission& PermissionOf(
      const std::string& uri, const completion::FileRules& rules) const;
  // The rules have changed: what PermissionOf found by others does not count.
  void Forget();

  // Returns the document's path as the model is shown it, which tells it from
  // others: relative to a workspace folder or repository if it lies in one;
  // the cell of a notebook has its fragment behind. Empty if it has none.
  std::string PathOf(const std::string& uri) const;

  // Where a document lies in a repository: the nearest folder above with a
  // .git. Nothing if it lies in none, or that is not known yet.
  struct InRepository {
    std::string root;  // absolute
    std::string path;  // relative to that
  };
  std::optional<InRepository> RepositoryOf(const std::string& uri) const;

  // Whether a document lies in one of these folders (absolute, without a slash
  // at the end) by all its names, and git does not ignore it; false as long as
  // that is not known.
  bool MayBeSent(const std::string& uri,
                 std::span<const std::string> folders) const;

  // The folders of the workspace.
  const std::vector<std::filesystem::path>& roots() const { return roots_; }

 private:
  struct Place {
    uint64_t opening = 0;  // tells its lookup from that of an earlier one
    std::vector<std::string> names;
    std::filesystem::path repository;
    bool pending = false;
    bool ignored = false;        // by git, or was
    bool looking_again = false;  // or waiting for the time to
    std::chrono::steady_clock::time_point looked_at = {};
    std::string problem;  // why the names are not all
    // By the rules of `judged`; computed when asked for.
    mutable bool judged = false;
    mutable completion::ReadPermission permission;
    mutable std::string path;  // as PathOf, if not empty
  };

  void Found(const std::string& uri, uint64_t opening, const FileFacts& facts);
  void FoundAgain(const std::string& uri, uint64_t opening,
                  const FileFacts& facts);
  void WaitedLong(const std::string& uri, uint64_t opening);
  Place* Find(const std::string& uri, uint64_t opening);
  void ForgetPaths();

  FileLookup lookup_;
  DelayedCalls& delays_;
  const Patience patience_;
  const std::function<void(const std::string& uri)> on_known_;
  std::vector<std::filesystem::path> roots_;
  std::unordered_map<std::string, Place> places_;  // by URI
  uint64_t openings_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_DOCUMENT_PLACES_H_
