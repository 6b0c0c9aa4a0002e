// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_REPOSITORY_LOOKUP_H_
#define KRAIT_DAEMON_CHAT_REPOSITORY_LOOKUP_H_

#include <filesystem>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/chat/repository_question.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/repository_encoder.h"

namespace krait::daemon {

// A repository that a daemon is asked about while people type.
struct AskedRepository {
  std::filesystem::path state_home;  // where indexes are kept
  std::filesystem::path root;
  completion::FileRules rules;     // of what may be read
  LazyEncoder* encoder = nullptr;  // null: words alone
};

// Brings its index up to date and returns what it has for the first of the
// questions that finds something, or for the last one. Reads files; one thread
// does, so that keystrokes find room while a repository is read for the first
// time.
base::Result<RepositoryFindings> FindInRepository(
    const AskedRepository& repository, std::span<const std::string> questions,
    const std::stop_token& stop);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_REPOSITORY_LOOKUP_H_
