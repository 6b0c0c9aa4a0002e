// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_HOSTED_MODEL_H_
#define KRAIT_DAEMON_HOST_HOSTED_MODEL_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/completion/rules/language_rules.h"
#include "daemon/host/task.h"
#include "engine/model/model_stamp.h"

namespace krait::daemon {

// A generator that is ready to run, with a sentence about it for the log.
struct ReadyGenerator {
  std::unique_ptr<completion::Generator> generator;
  std::string name = {};  // of its model
  std::string description;
  size_t threads = 0;
  // What is not as the user wants it; empty: all is.
  std::string warning = {};
};

// What became of loading a model, or of one that was loaded.
struct ModelNews {
  base::Result<std::string> loaded;  // its description, or why there is none
  size_t threads = 0;
  std::string warning = {};  // see ReadyGenerator
  completion::ModelLanguages languages = {};
  completion::WarmStatus warm = {};
  // Gone with the model.
  std::weak_ptr<const completion::Vocabulary> vocabulary = {};
};

// The model of a ModelThread: is loaded, and loaded anew when its files have
// changed.
//
// Files that were overwritten: what was computed since they were is worth
// nothing, and loading is tried until it succeeds. Others in their place: these
// are loaded, and until they can be, the old ones serve on.
//
// All calls on the model's thread, as threads of a model belong to the one that
// loaded it.
class HostedModel {
 public:
  using Loader = std::function<base::Result<ReadyGenerator>()>;
  // Looks at the files that the loader would load.
  using Looker = std::function<engine::ModelStamp()>;
  using OnNews = std::function<void(const ModelNews&)>;

  // `look` may be null: the files stay as they are.
  HostedModel(Loader loader, Looker look, OnNews on_news);

  void Load();
  // Memory ran short, or the end has come: lets go of the model. Needs none.
  void Drop();

  // Null: there is none, see error.
  const TaskModel* get() const { return model_ ? &*model_ : nullptr; }
  const base::Error& error() const { return *error_; }

  // Whether there is a model, and its files are as they were loaded, or still
  // there beside others: these take their place here if `may_replace`.
  bool IsSound(bool may_replace);
  // Its files were overwritten: lets go of it, and says so.
  void Unload();

  // Whether another try to load it is worth it, after one that failed; `asked`:
  // someone would like it.
  bool ShouldLoadAgain(bool asked);
  // When to ask that; nothing: not by itself.
  std::optional<completion::Clock::time_point> LoadsAgainAt() const;

 private:
  void Take(ReadyGenerator ready);
  void TakeReplacement();
  // Whether the files have changed since the last try, and rest again.
  bool FilesHaveSettled();

  const Loader loader_;
  const Looker look_;
  const OnNews on_news_;
  std::unique_ptr<completion::Generator> generator_;
  std::unique_ptr<completion::CompletionService> service_;
  std::optional<TaskModel> model_;  // of these two
  std::optional<base::Error> error_;
  bool no_memory_to_load_ = false;
  engine::ModelStamp tried_;   // when loading failed, or a replacement did
  engine::ModelStamp looked_;  // since
  completion::Clock::time_point look_at_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_HOSTED_MODEL_H_
