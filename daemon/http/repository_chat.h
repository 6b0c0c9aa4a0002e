// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_REPOSITORY_CHAT_H_
#define KRAIT_DAEMON_HTTP_REPOSITORY_CHAT_H_

#include <string>
#include <vector>

#include "daemon/completion/generator/vocabulary.h"
#include "daemon/host/text_request.h"
#include "daemon/http/dialect.h"
#include "daemon/http/openai_answer.h"

namespace krait::daemon {

// A conversation whose last question is to be answered from a repository.
struct RepositoryChat {
  std::string directory;  // of it, or within
  std::vector<completion::ChatTurn> turns;
  TextRequest request;  // all but what is continued
  OpenAiAnswerForm form;
};

// Finds what the repository has for the question and lets the model answer from
// that; without a model that can chat the passages are the answer. The answer's
// member "krait" has what `krait ask --json` has, and the text of each place;
// in a stream its last event has, with the answer as it is without citations
// that nothing stands behind.
//
// Only repositories of which there is an index are read, as somebody on this
// machine wanted them to be: who has the token may not read all that the user
// may (kNotFound).
SlowWork AskRepository(RepositoryChat chat, const HttpView& view);

// Answers {"repositories": [paths]}: those that can be asked.
SlowWork ListRepositories(const HttpView& view);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_REPOSITORY_CHAT_H_
