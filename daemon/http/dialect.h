// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_DIALECT_H_
#define KRAIT_DAEMON_HTTP_DIALECT_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/vocabulary.h"
#include "daemon/completion/rules/file_rules.h"
#include "daemon/host/model_thread.h"
#include "daemon/host/statistics.h"
#include "daemon/host/text_request.h"
#include "daemon/http/message.h"
#include "daemon/repository_encoder.h"

namespace krait::daemon {

// Where indexes of repositories are, and what of these may be read.
struct RepositoryAccess {
  std::filesystem::path state_home = {};  // empty: nowhere
  completion::FileRules rules = {};
  std::shared_ptr<LazyEncoder> encoder = {};  // null: words alone
};

// What dialects know of the server when a request comes.
struct HttpView {
  // Null while there is no model.
  std::shared_ptr<const completion::Vocabulary> vocabulary = {};
  // Conversations go to an engine elsewhere.
  bool chats_elsewhere = false;
  HostStatus host = {};
  Statistics statistics = {};
  size_t requests = 0;       // that were read, ever
  size_t refused = 0;        // of them, or not even read
  size_t texts_running = 0;  // by HTTP
  size_t texts_waiting = 0;
  size_t most_running = 1;
  double uptime_seconds = 0;
  int64_t now = 0;      // seconds since 1970
  uint64_t number = 0;  // of the request, for ids and seeds: any
  // Not null.
  std::shared_ptr<const RepositoryAccess> repositories =
      std::make_shared<RepositoryAccess>();
};

// Makes an answer of what the model says, for one request.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;

  // Of the answer; nothing: it does not come in parts.
  virtual std::optional<std::string_view> stream_type() const = 0;
  // The next part of an answer that does; may be empty.
  virtual std::string Part(const TextDelta& /*delta*/) { return {}; }
  // The whole body, or the last part of it.
  virtual std::string Whole(const TextAnswer& answer) = 0;
  // The last part of one that failed when some had been sent.
  virtual std::string Failed(std::string_view message) = 0;
};

// A request that the model is to answer.
struct TextWork {
  TextRequest request;
  std::unique_ptr<AnswerWriter> writer;
};

// What became of the texts of an EmbeddingWork.
struct Embedded {
  std::vector<std::vector<float>> vectors;  // of length 1, one of each text
  size_t tokens = 0;                        // that were read
  std::chrono::nanoseconds took{};
};

// A request for vectors of texts.
struct EmbeddingWork {
  std::vector<std::string> texts;  // what is too long is cut
  std::function<HttpReply(const Embedded& embedded)> reply;
};

using ReadyWork = std::variant<HttpReply, TextWork>;

// What takes long before it is one of these, as it reads files. Run on a thread
// of its own, which it may outlive everything on; `stop`: nobody waits for it
// any more.
struct SlowWork {
  std::function<base::Result<ReadyWork>(const std::stop_token& stop)> run;
};

using HttpWork = std::variant<HttpReply, TextWork, SlowWork, EmbeddingWork>;

// A path of a dialect: a pure translation from request to task.
struct Route {
  std::string_view method;
  std::string_view path;
  // Without a model there is no answer: 503.
  bool needs_model = true;
  // May be asked by anybody who can connect: it says nothing of anyone's text.
  bool open = false;
  base::Result<HttpWork> (*read)(const HttpRequest& request,
                                 const HttpView& view) = nullptr;
};

// How one family of programs speaks. Where to add one: ARCHITECTURE.md.
struct Dialect {
  std::string_view name;
  std::span<const Route> routes;
  // An error, as its clients expect it.
  std::string (*error_body)(unsigned status, std::string_view message);
  unsigned status_of_wrong_body = 400;
};

// The table of them; of equal routes the first counts.
std::span<const Dialect* const> Dialects();

// Returns the dialect and the route that a request is for. A null route: the
// dialect has the path, but not for this method; a null dialect: none has it.
struct FoundRoute {
  const Dialect* dialect = nullptr;
  const Route* route = nullptr;
};
FoundRoute FindRoute(std::string_view method, std::string_view path);

// Returns the status for an error of a reader or of a task.
unsigned StatusOf(const Dialect& dialect, const base::Error& error);
// Returns an error as the dialect says it; null: as most do.
HttpReply ErrorReply(const Dialect* dialect, unsigned status,
                     std::string_view message);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_DIALECT_H_
