// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/repository_questions.h"

#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/json_text.h"
#include "daemon/chat/repository_question.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository/search.h"
#include "daemon/repository_encoder.h"
#include "daemon/session/lsp_errors.h"
#include "daemon/session/thread_reaper.h"
#include "lsp/uri.h"

namespace krait::daemon {
namespace {

constexpr size_t kMostPassages = 8;
// Reading a repository for the first time is to leave room for keystrokes.
constexpr size_t kThreads = 1;

boost::json::object LineBegin(size_t line) {
  return {{"line", line}, {"character", 0}};
}

lsp::RawJson FindingsToJson(const std::string& root,
                            const RepositoryFindings& findings) {
  boost::json::array citations;
  for (const ReadPassage& read : findings.passages) {
    if (!findings.found) break;
    const repository::Passage& passage = read.passage;
    citations.push_back(boost::json::object{
        {"uri", base::JsonString(lsp::PathToUri(root + "/" + passage.path))},
        {"range",
         boost::json::object{{"start", LineBegin(passage.begin_line - 1)},
                             {"end", LineBegin(passage.end_line)}}},
        {"text", base::JsonString(passage.name)}});
  }
  return {base::JsonText(
      boost::json::object{{"answer", base::JsonString(FindingsText(findings))},
                          {"found", findings.found},
                          {"citations", std::move(citations)}})};
}

base::Result<RepositoryFindings> FindAnswer(
    const std::filesystem::path& state_home, const RepositoryQuestion& question,
    const RepositoryEncoder* encoder, const std::stop_token& stop) {
  const auto index = repository::IndexFile(state_home, question.root);
  const auto updated =
      repository::UpdateIndex({.index = index,
                               .root = question.root,
                               .choice = repository::FileChoice(question.rules),
                               .threads = kThreads,
                               .encoder = encoder},
                              stop);
  if (!updated) return updated.error();
  auto searcher = repository::Searcher::Open(index, encoder);
  if (!searcher) return searcher.error();
  return FindForQuestion(question.root, &*searcher, question.question,
                         kMostPassages);
}

}  // namespace

// What the thread needs, which may outlive the session.
struct RepositoryQuestions::Shared {
  struct Waiting {
    RepositoryQuestion question;
    lsp::Reply reply;
  };

  Shared(std::filesystem::path its_state_home, std::string embedding_model)
      : state_home(std::move(its_state_home)),
        encoder(std::move(embedding_model)) {}

  const std::filesystem::path state_home;
  LazyEncoder encoder;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Waiting> waiting;  // guarded by mutex
  std::stop_source stop;
  const std::shared_ptr<std::atomic<bool>> ended =
      std::make_shared<std::atomic<bool>>(false);

  void Run() {
    while (auto next = Next()) Answer(*next);
  }

  std::optional<Waiting> Next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, stop.get_token(), [this] { return !waiting.empty(); });
    if (stop.stop_requested()) return std::nullopt;
    Waiting next = std::move(waiting.front());
    waiting.pop_front();
    return next;
  }

  void Answer(const Waiting& next) {
    // Either of them ends it.
    std::stop_source either;
    const auto end = [&either] { either.request_stop(); };
    const std::stop_callback by_client(next.reply.stop_token(), end);
    const std::stop_callback by_end(stop.get_token(), end);
    const auto opened = encoder.Get();
    const auto found = opened
                           ? FindAnswer(state_home, next.question,
                                        opened->get(), either.get_token())
                           : base::Result<RepositoryFindings>(opened.error());
    if (next.reply.stop_token().stop_requested()) {
      return next.reply.Fail(CancelledByClient());
    }
    if (!found) return next.reply.Fail(ToLspError(found.error()));
    next.reply.Succeed(FindingsToJson(next.question.root, *found));
  }
};

RepositoryQuestions::RepositoryQuestions(std::filesystem::path state_home,
                                         std::string embedding_model)
    : state_home_(std::move(state_home)),
      embedding_model_(std::move(embedding_model)) {}

RepositoryQuestions::~RepositoryQuestions() {
  if (shared_ == nullptr) return;
  shared_->stop.request_stop();
  // One that is reading ends with the next file, which may be on a slow disk.
  JoinLater(std::move(thread_), shared_->ended);
}

void RepositoryQuestions::Ask(RepositoryQuestion question,
                              const lsp::Reply& reply) {
  if (state_home_.empty()) {
    return reply.Fail(lsp::MakeError(
        lsp::ErrorCode::kRequestFailed,
        "an index needs a place: neither XDG_STATE_HOME nor HOME is set"));
  }
  if (shared_ == nullptr) {
    shared_ = std::make_shared<Shared>(state_home_, embedding_model_);
    thread_ = std::thread([shared = shared_]() mutable {
      const auto ended = shared->ended;
      shared->Run();
      shared.reset();  // with the questions that wait
      ended->store(true);
    });
  }
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.push_back({std::move(question), reply});
  shared_->changed.notify_one();
}

}  // namespace krait::daemon
