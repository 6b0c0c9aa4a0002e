// SPDX-License-Identifier: Apache-2.0
//
// A question goes from the owner's thread to the worker (find), back (let the
// model answer), and to the worker again (check, which reads files).
#include "daemon/session/repository_questions.h"

#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/chat/chat_answerer.h"
#include "daemon/chat/follow_up.h"
#include "daemon/chat/repository_lookup.h"
#include "daemon/chat/repository_question.h"
#include "daemon/repository/document.h"
#include "daemon/repository/place_unit.h"
#include "daemon/session/lsp_errors.h"
#include "daemon/session/thread_reaper.h"
#include "lsp/lifecycle_types.h"
#include "lsp/uri.h"

namespace krait::daemon {
namespace {

constexpr size_t kMostTokens = 512;  // of an answer

boost::json::object LineBegin(size_t line) {
  return {{"line", line}, {"character", 0}};
}

// Returns the name of what a citation is of, as far as it is known.
std::string NameOf(const Citation& citation,
                   const RepositoryFindings& findings) {
  for (const ReadPassage& read : findings.passages) {
    const repository::Passage& passage = read.passage;
    if (passage.path == citation.path &&
        passage.begin_line <= citation.begin_line &&
        citation.end_line <= passage.end_line) {
      return passage.name;
    }
  }
  return {};
}

// The lines of a citation; of a page or a cell, which have no lines that an
// editor knows, the file's begin.
boost::json::object RangeOf(const Citation& citation) {
  if (repository::IsDocument(citation.path)) {
    return {{"start", LineBegin(0)}, {"end", LineBegin(0)}};
  }
  return {{"start", LineBegin(citation.begin_line - 1)},
          {"end", LineBegin(citation.end_line)}};
}

boost::json::object CitationToJson(const std::string& root,
                                   const Citation& citation,
                                   const RepositoryFindings& findings) {
  boost::json::object json = {
      {"uri", base::JsonString(lsp::PathToUri(root + "/" + citation.path))},
      {"range", RangeOf(citation)},
      {"text", base::JsonString(NameOf(citation, findings))}};
  const repository::PlaceUnit unit = repository::UnitOfPlaces(citation.path);
  if (unit != repository::PlaceUnit::kLine) {
    json[repository::UnitName(unit)] = citation.begin_line;
  }
  return json;
}

lsp::RawJson AnswerToJson(const std::string& root,
                          const RepositoryAnswer& answer,
                          const RepositoryFindings& findings,
                          const std::string& model) {
  boost::json::array citations;
  for (const Citation& citation : answer.citations) {
    citations.push_back(CitationToJson(root, citation, findings));
  }
  boost::json::array dropped;
  for (const DroppedCitation& one : answer.dropped) {
    dropped.push_back(boost::json::object{{"text", base::JsonString(one.text)},
                                          {"why", base::JsonString(one.why)}});
  }
  return {base::JsonText(boost::json::object{
      {"answer", base::JsonString(answer.text)},
      {"found", answer.found},
      {"supported", answer.supported},
      {"citations", std::move(citations)},
      {"dropped", std::move(dropped)},
      {"model", model.empty() ? boost::json::value(nullptr)
                              : boost::json::value(base::JsonString(model))}})};
}

// What is likeliest: an answer is to be what the passages say.
TextRequest RequestFor(std::vector<completion::PieceId> pieces,
                       std::shared_ptr<const completion::Vocabulary> from) {
  TextRequest request;
  request.pieces = std::move(pieces);
  request.sampling = {.temperature = 0,
                      .repetition_penalty =
                          from->chat_sampling().repetition_penalty.value_or(1)};
  request.max_tokens = kMostTokens;
  request.vocabulary = std::move(from);
  return request;
}

}  // namespace

struct RepositoryQuestions::Asked {
  RepositoryQuestion question;
  lsp::Reply reply;
  // Null: there is no model.
  std::shared_ptr<const completion::Vocabulary> vocabulary;
  RepositoryFindings findings = {};
  // Of a model that can chat.
  std::vector<Excerpt> shown = {};
  std::vector<completion::PieceId> pieces = {};

  // Makes the prompt; false: the passages have to do.
  bool PreparePrompt() {
    if (!findings.found || vocabulary == nullptr) return false;
    const completion::ModelFacts& facts = vocabulary->facts();
    if (!facts.no_chat.empty()) return false;
    ExcerptLimits limits =
        LimitsFor(facts.parameters, facts.context_length, kMostTokens);
    const TextTokenCounter count_tokens = [this](std::string_view text) {
      return vocabulary->Pieces(text, {}).size();
    };
    auto turns = LastTurns(question.earlier, count_tokens, limits.tokens / 4,
                           &limits.tokens);
    shown = ChooseExcerpts(findings, question.question, limits, count_tokens);
    turns.push_back({.role = completion::ChatRole::kUser,
                     .text = AnswerPrompt(shown, question.question,
                                          limits.asks_for_places)});
    auto prompt = vocabulary->ChatPrompt(turns);
    if (!prompt) return false;
    pieces = std::move(*prompt);
    return true;
  }

  void Succeed(const RepositoryAnswer& answer, const std::string& model) const {
    reply.Succeed(AnswerToJson(question.root, answer, findings, model));
  }
};

struct RepositoryQuestions::Worker {
  using Job = std::function<void(const std::stop_token& end)>;

  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<Job> jobs;  // guarded by mutex
  std::stop_source stop;
  const std::shared_ptr<std::atomic<bool>> ended =
      std::make_shared<std::atomic<bool>>(false);

  void Add(Job job) {
    const std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
    changed.notify_one();
  }

  void Run() {
    while (const auto job = Next()) (*job)(stop.get_token());
  }

  std::optional<Job> Next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, stop.get_token(), [this] { return !jobs.empty(); });
    if (stop.stop_requested()) return std::nullopt;
    Job next = std::move(jobs.front());
    jobs.pop_front();
    return next;
  }

  // The questions that wait are answered with an error as they go.
  void End() {
    stop.request_stop();
    const std::lock_guard lock(mutex);
    jobs.clear();
  }
};

RepositoryQuestions::RepositoryQuestions(std::filesystem::path state_home,
                                         std::shared_ptr<LazyEncoder> encoder,
                                         CompletionHost& host,
                                         std::shared_ptr<lsp::Client> client)
    : state_home_(std::move(state_home)),
      encoder_(std::move(encoder)),
      host_(host),
      client_(std::move(client)),
      self_(std::make_shared<RepositoryQuestions*>(this)) {}

RepositoryQuestions::~RepositoryQuestions() {
  if (worker_ == nullptr) return;
  worker_->End();
  // One that is reading ends with the next file, which may be on a slow disk.
  JoinLater(std::move(thread_), worker_->ended);
}

void RepositoryQuestions::StartWorker() {
  if (worker_ != nullptr) return;
  worker_ = std::make_shared<Worker>();
  thread_ = StartForReaping(worker_, worker_->ended);
}

void RepositoryQuestions::Ask(RepositoryQuestion question,
                              const lsp::Reply& reply) {
  if (state_home_.empty()) {
    return reply.Fail(lsp::MakeError(
        lsp::ErrorCode::kRequestFailed,
        "an index needs a place: neither XDG_STATE_HOME nor HOME is set"));
  }
  StartWorker();
  auto asked = std::make_shared<Asked>(Asked{.question = std::move(question),
                                             .reply = reply,
                                             .vocabulary = host_.vocabulary()});
  worker_->Add([asked, state_home = state_home_, encoder = encoder_,
                post = host_.poster(),
                weak = std::weak_ptr(self_)](const std::stop_token& end) {
    // Either of them ends it.
    std::stop_source either;
    const auto stop = [&either] { either.request_stop(); };
    const std::stop_callback by_client(asked->reply.stop_token(), stop);
    const std::stop_callback by_end(end, stop);
    const RepositoryQuestion& question = asked->question;
    auto found =
        FindInRepository({.state_home = state_home,
                          .root = question.root,
                          .rules = question.rules,
                          .encoder = encoder.get()},
                         FollowUpQueries(question.earlier, question.question),
                         either.get_token());
    if (asked->reply.stop_token().stop_requested()) {
      return asked->reply.Fail(CancelledByClient());
    }
    if (!found) return asked->reply.Fail(ToLspError(found.error()));
    asked->findings = std::move(*found);
    if (!asked->PreparePrompt()) {
      return asked->Succeed(PassagesAnswer(asked->findings), {});
    }
    post([asked, weak] {
      if (const auto self = weak.lock()) (*self)->Generate(asked);
    });
  });
}

void RepositoryQuestions::Generate(const std::shared_ptr<Asked>& asked) {
  TextJob job;
  job.document.uri = "krait-ask:" + asked->question.root;
  job.request = RequestFor(std::move(asked->pieces), asked->vocabulary);
  job.stop = asked->reply.stop_token();
  if (const auto& token = asked->question.partial_result_token) {
    job.on_delta = [client = client_, token = *token](const TextDelta& delta) {
      client->Notify("$/progress", lsp::AskProgressParams{.token = token,
                                                          .text = delta.text});
    };
  }
  job.on_done = [asked, weak = std::weak_ptr(worker_)](
                    const base::Result<TextAnswer>& answer) {
    if (!answer) return asked->reply.Fail(ToLspError(answer.error()));
    const auto worker = weak.lock();
    if (worker == nullptr || answer->choices.empty()) return;
    worker->Add([asked, said = answer->choices.front().text](
                    const std::stop_token& /*end*/) {
      asked->Succeed(AnswerFromModel(said, asked->shown, asked->findings,
                                     asked->question.question,
                                     [&](const Excerpt& one) {
                                       return IsUnchanged(asked->question.root,
                                                          one);
                                     }),
                     asked->vocabulary->facts().name);
    });
  };
  host_.Generate(std::move(job));
}

}  // namespace krait::daemon
