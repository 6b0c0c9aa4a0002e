// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_CONTEXT_LOOKUP_H_
#define KRAIT_DAEMON_TOOLS_CONTEXT_LOOKUP_H_

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/repository/context_finder.h"
#include "daemon/repository_encoder.h"
#include "daemon/tools/eval/fim_cases.h"

namespace krait::daemon {

// Looks up what a model is to see of repositories, for tools that complete in
// files which no editor has open: brings a repository's index up to date when
// it is asked for first, and waits for that.
//
// Thread-compatible.
class ContextLookup {
 public:
  // `state_home`: where indexes are kept. `embedding_model`: what makes their
  // vectors (see OpenRepositoryEncoder).
  ContextLookup(std::filesystem::path state_home, completion::FileRules rules,
                std::string embedding_model)
      : state_home_(std::move(state_home)),
        rules_(std::move(rules)),
        encoder_(std::move(embedding_model)) {}

  // A file in a repository.
  struct File {
    std::string root;  // absolute
    std::string path;  // in it
  };
  // Gives the request a context of about `tokens` that is to be read at once.
  base::Status AddTo(const File& file, size_t tokens,
                     completion::CompletionRequest* request);

  // The same for a case of a repository; nothing for one of none.
  base::Status AddToCase(const FimCase& fim_case, size_t tokens,
                         completion::CompletionRequest* request) {
    if (tokens == 0 || fim_case.repository.empty()) return {};
    return AddTo({.root = fim_case.repository, .path = fim_case.path}, tokens,
                 request);
  }

  // What the last one took, but for the index.
  std::chrono::nanoseconds took() const { return took_; }

 private:
  base::Result<repository::ContextFinder*> FinderOf(const std::string& root);

  const std::filesystem::path state_home_;
  const completion::FileRules rules_;
  LazyEncoder encoder_;
  std::map<std::string, repository::ContextFinder> finders_;  // by root
  std::chrono::nanoseconds took_{};
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_CONTEXT_LOOKUP_H_
