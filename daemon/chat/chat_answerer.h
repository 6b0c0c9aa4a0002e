// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_CHAT_ANSWERER_H_
#define KRAIT_DAEMON_CHAT_CHAT_ANSWERER_H_

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/chat/citations.h"
#include "daemon/chat/excerpts.h"
#include "daemon/chat/repository_question.h"
#include "daemon/loaded_model.h"
#include "engine/model/chat_hints.h"
#include "engine/tokenizer/chat_format.h"

namespace krait::daemon {

// What somebody who asked about a repository gets.
struct RepositoryAnswer {
  bool found = false;
  // Whether a place says something of it. Else the citations are what the
  // model was shown, and the text says so.
  bool supported = false;
  std::string text;  // Markdown
  std::vector<Citation> citations;
  std::vector<DroppedCitation> dropped;
};

// The passages themselves.
RepositoryAnswer PassagesAnswer(const RepositoryFindings& findings);

// Makes of what a model said about excerpts of the findings the answer:
// checked, and without what small models say, too: the question once more, and
// sentences again and again. If nothing is left the passages are the answer.
// For `still_there` see CheckCitations.
RepositoryAnswer AnswerFromModel(
    std::string_view said, const std::vector<Excerpt>& shown,
    const RepositoryFindings& findings, std::string_view question,
    const std::function<bool(const Excerpt&)>& still_there);

// A model of this process that answers from what was found. Belongs to the
// thread that loaded it.
class ChatAnswerer {
 public:
  using OnText = std::function<void(std::string_view text)>;

  // Fails with a sentence that says why the model cannot.
  static base::Result<ChatAnswerer> Load(const ModelOptions& options);

  const std::string& model_name() const { return name_; }

  // The findings are of the repository at `root`. What the model says comes to
  // `on_text` as it is said, unchecked; it may be null.
  base::Result<RepositoryAnswer> Answer(const std::filesystem::path& root,
                                        const RepositoryFindings& findings,
                                        const std::string& question,
                                        size_t max_tokens,
                                        const OnText& on_text = {});

 private:
  ChatAnswerer(LoadedModel loaded, engine::ChatFormat format,
               engine::ChatHints hints, std::string name)
      : loaded_(std::move(loaded)),
        format_(std::move(format)),
        hints_(std::move(hints)),
        name_(std::move(name)) {}

  LoadedModel loaded_;
  engine::ChatFormat format_;
  engine::ChatHints hints_;
  std::string name_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_CHAT_ANSWERER_H_
