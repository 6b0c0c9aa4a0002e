// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_REPOSITORY_QUESTIONS_H_
#define KRAIT_DAEMON_SESSION_REPOSITORY_QUESTIONS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "daemon/completion/rules/file_rules.h"
#include "lsp/reply.h"

namespace krait::daemon {

// What somebody asks about a repository (`krait/ask`, lsp/PROTOCOL.md).
struct RepositoryQuestion {
  std::string root;
  std::string question;
  completion::FileRules rules;  // of what may be read
};

// Answers questions one after the other on a thread of its own, which brings
// the index of the repository up to date first. A question that is cancelled,
// and all when this goes, are answered with an error soon.
//
// All calls on one thread.
class RepositoryQuestions {
 public:
  // `state_home`: where indexes are kept; empty: nowhere, so that nothing can
  // be answered. `embedding_model`: see OpenRepositoryEncoder.
  RepositoryQuestions(std::filesystem::path state_home,
                      std::string embedding_model);
  ~RepositoryQuestions();
  RepositoryQuestions(const RepositoryQuestions&) = delete;
  RepositoryQuestions& operator=(const RepositoryQuestions&) = delete;

  void Ask(RepositoryQuestion question, const lsp::Reply& reply);

 private:
  struct Shared;
  const std::filesystem::path state_home_;
  const std::string embedding_model_;
  std::shared_ptr<Shared> shared_;  // null: no thread yet
  std::thread thread_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_REPOSITORY_QUESTIONS_H_
