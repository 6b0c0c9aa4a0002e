// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_SESSION_H_
#define KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_SESSION_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/loaded_model.h"
#include "daemon/session/syntax_cache.h"
#include "daemon/tools/bench/keystroke_script.h"
#include "lsp/document_store.h"

namespace krait::daemon {

struct SessionOptions {
  ModelOptions model = {};
  completion::CompletionOptions completion = {};
  // Every answer has completion.max_tokens tokens, whatever they are; if not,
  // it ends where the one in an editor does.
  bool full_length = true;
};

// What a request cost, from the keystroke that caused it.
struct RequestCost {
  completion::CompletionTrace trace = {};
  completion::Clock::duration to_first_token{};
  completion::Clock::duration whole{};
};

// An editor's session with the server, without the pipe between them: the
// documents, the syntax trees on their thread, the completion service and the
// generator are the server's own. Answers are computed each time, although a
// server answers from its last answer what the user types as predicted.
//
// Belongs to the thread that made it.
class KeystrokeSession {
 public:
  // Loads the model, and runs it once so that its weights are in memory.
  static base::Result<std::unique_ptr<KeystrokeSession>> Start(
      SessionOptions options, const std::vector<ScriptFile>& files);
  ~KeystrokeSession();

  // Opens the step's file if it is not open, applies its edit and asks for a
  // completion.
  base::Result<RequestCost> Run(const KeystrokeStep& step);

  // Applies the edit and lets the model read up to the cursor, and ahead, as
  // happens while nobody waits.
  base::Status Warm(const KeystrokeStep& step);

  // Saves what is warm, forgets all else and loads the model again, as when a
  // server ends and starts. False: nothing was saved.
  base::Result<bool> Restart();

  completion::WarmStatus warm_status() const {
    return generator_->warm_status();
  }
  const std::string& description() const { return description_; }
  size_t threads() const { return threads_; }

 private:
  class Stopwatch;  // a generator that notes when the first token comes

  KeystrokeSession(SessionOptions options,
                   const std::vector<ScriptFile>& files);
  base::Status Load();
  base::Result<lsp::DocumentSnapshot> Opened(size_t file);
  // Returns the document after the step's edit, if it has one.
  base::Result<lsp::DocumentSnapshot> Change(
      const KeystrokeStep& step, completion::Clock::time_point* begin);
  completion::CompletionRequest RequestAt(const lsp::DocumentSnapshot& document,
                                          size_t cursor_ofs);

  const SessionOptions options_;
  const std::vector<ScriptFile> files_;
  std::vector<size_t> cursors_;  // of the last request in each file
  std::string description_;
  size_t threads_ = 0;
  lsp::DocumentStore documents_;
  std::unique_ptr<SyntaxCache> syntax_;
  std::unique_ptr<completion::Generator> generator_;
  std::unique_ptr<Stopwatch> stopwatch_;                    // around generator_
  std::unique_ptr<completion::CompletionService> service_;  // asks stopwatch_
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_BENCH_KEYSTROKE_SESSION_H_
