// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_SESSION_REPOSITORY_QUESTIONS_H_
#define KRAIT_DAEMON_SESSION_REPOSITORY_QUESTIONS_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/vocabulary.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/host/completion_host.h"
#include "lsp/client.h"
#include "lsp/json.h"
#include "lsp/reply.h"

namespace krait::daemon {

class LazyEncoder;

// What somebody asks about a repository (`krait/ask`, lsp/PROTOCOL.md).
struct RepositoryQuestion {
  std::string root;
  std::string question;
  // What was said before, the oldest first; the last of it counts.
  std::vector<completion::ChatTurn> earlier = {};
  completion::FileRules rules;  // of what may be read
  // With which parts of an answer are sent; nothing: they are not.
  std::optional<lsp::RawJson> partial_result_token = {};
};

// Answers questions: a thread of its own brings the index of the repository up
// to date and finds passages, one question after the other; if the host's model
// can chat, it answers from them, among its other tasks, and the thread checks
// what it cites. A question that is cancelled, and all when this goes, are
// answered with an error soon.
//
// All calls on one thread, the host's owner's.
class RepositoryQuestions {
 public:
  // `state_home`: where indexes are kept; empty: nowhere, so that nothing can
  // be answered. `encoder`: what makes vectors of texts. `host` and the
  // session's other parts outlive it.
  RepositoryQuestions(std::filesystem::path state_home,
                      std::shared_ptr<LazyEncoder> encoder,
                      CompletionHost& host,
                      std::shared_ptr<lsp::Client> client);
  ~RepositoryQuestions();
  RepositoryQuestions(const RepositoryQuestions&) = delete;
  RepositoryQuestions& operator=(const RepositoryQuestions&) = delete;

  void Ask(RepositoryQuestion question, const lsp::Reply& reply);

 private:
  struct Asked;   // a question under way
  struct Worker;  // the thread's part, which may outlive the session

  void StartWorker();
  // The model answers from what was found.
  void Generate(const std::shared_ptr<Asked>& asked);

  const std::filesystem::path state_home_;
  const std::shared_ptr<LazyEncoder> encoder_;
  CompletionHost& host_;
  const std::shared_ptr<lsp::Client> client_;
  std::shared_ptr<Worker> worker_;  // null: no thread yet
  std::thread thread_;
  // Calls on their way hold it weakly.
  const std::shared_ptr<RepositoryQuestions*> self_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_SESSION_REPOSITORY_QUESTIONS_H_
