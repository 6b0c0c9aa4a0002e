// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/repository_chat.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/json_text.h"
#include "base/utf8.h"
#include "daemon/chat/chat_answerer.h"
#include "daemon/chat/citations.h"
#include "daemon/chat/excerpts.h"
#include "daemon/chat/follow_up.h"
#include "daemon/chat/repository_lookup.h"
#include "daemon/chat/repository_question.h"
#include "daemon/repository/document.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/place_unit.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;
using completion::ChatRole;
using completion::ChatTurn;

// Of a model with a small context, so that passages find room.
constexpr size_t kMostAnswerTokens = 512;
constexpr size_t kMostCitedBytes = 4000;

// Returns the repository of which there is an index and in which the directory
// lies.
base::Result<fs::path> IndexedRoot(const fs::path& state_home,
                                   const std::string& directory) {
  std::error_code error;
  const fs::path named = fs::canonical(directory, error);
  if (!error && fs::path(directory).is_absolute() && !state_home.empty()) {
    for (fs::path root = named;; root = root.parent_path()) {
      if (fs::exists(repository::IndexFile(state_home, root), error)) {
        return root;
      }
      if (root == root.parent_path()) break;
    }
  }
  return MakeError(
      ErrorCode::kNotFound,
      fmt::format("krait.repository: there is no index of {}; `krait index "
                  "DIRECTORY` makes one",
                  base::ToValidUtf8(directory.substr(0, 500))));
}

std::span<const ChatTurn> EarlierTurns(const RepositoryChat& chat) {
  return std::span(chat.turns).first(chat.turns.size() - 1);
}

// Answers ---------------------------------------------------------------------

// The lines of a citation as they were read; empty: they are of no passage.
std::string CitedText(const Citation& citation,
                      const RepositoryFindings& findings) {
  for (const ReadPassage& read : findings.passages) {
    const repository::Passage& passage = read.passage;
    if (passage.path != citation.path ||
        citation.begin_line < passage.begin_line ||
        citation.end_line > passage.end_line) {
      continue;
    }
    if (repository::IsDocument(passage.path)) {
      return base::ToValidUtf8(read.text.substr(0, kMostCitedBytes));
    }
    size_t line = passage.begin_line;
    size_t begin = 0;
    const auto skip_to = [&](size_t wanted, size_t at) {
      for (; line < wanted && at < read.text.size(); ++line) {
        at = std::min(read.text.find('\n', at), read.text.size() - 1) + 1;
      }
      return at;
    };
    begin = skip_to(citation.begin_line, begin);
    const size_t end = skip_to(citation.end_line + 1, begin);
    const size_t bytes = std::min(end - begin, kMostCitedBytes);
    return base::ToValidUtf8(read.text.substr(begin, bytes));
  }
  return {};
}

json::array PlacesToJson(const std::vector<Citation>& citations,
                         const RepositoryFindings& findings) {
  json::array places;
  for (const Citation& citation : citations) {
    places.push_back(json::object{
        {"path", base::JsonString(citation.path)},
        {"line", citation.begin_line},
        {"end_line", citation.end_line},
        {"unit", repository::UnitName(repository::UnitOfPlaces(citation.path))},
        {"added", citation.added},
        {"text", CitedText(citation, findings)}});
  }
  return places;
}

json::object AboutAnswer(const fs::path& root, const RepositoryAnswer& answer,
                         const RepositoryFindings& findings) {
  json::array dropped;
  for (const DroppedCitation& one : answer.dropped) {
    dropped.push_back(json::object{{"text", base::JsonString(one.text)},
                                   {"why", base::JsonString(one.why)}});
  }
  return {{"repository", base::JsonString(root.string())},
          {"found", answer.found},
          {"supported", answer.supported},
          {"citations", PlacesToJson(answer.citations, findings)},
          {"dropped", std::move(dropped)}};
}

// The passages are the answer, or that there are none.
HttpReply ReplyWithFindings(const fs::path& root,
                            const RepositoryFindings& findings,
                            OpenAiAnswerForm form) {
  const RepositoryAnswer found = PassagesAnswer(findings);
  form.check = [&](std::string_view) {
    return CheckedText{.text = found.text,
                       .about = AboutAnswer(root, found, findings)};
  };
  const auto writer = MakeOpenAiAnswer(std::move(form));
  TextAnswer answer;
  answer.choices.push_back(
      {.text = found.text, .end = TextEnd::kEndOfSequence});
  HttpReply reply;
  if (const auto type = writer->stream_type()) {
    reply.content_type = *type;
    reply.body = writer->Part({.choice = 0, .text = found.text, .pieces = {}});
  }
  reply.body += writer->Whole(answer);
  return reply;
}

base::Result<ReadyWork> LetAnswer(RepositoryChat chat, const fs::path& root,
                                  RepositoryFindings findings) {
  TextRequest& request = chat.request;
  const completion::ModelFacts& facts = request.vocabulary->facts();
  if (facts.context_length != 0) {
    request.max_tokens = std::min(request.max_tokens, kMostAnswerTokens);
  }
  ExcerptLimits limits =
      LimitsFor(facts.parameters, facts.context_length, request.max_tokens);
  const TextTokenCounter count_tokens = [&](std::string_view text) {
    return request.vocabulary->Pieces(text, {}).size();
  };
  std::vector<ChatTurn> turns = LastTurns(EarlierTurns(chat), count_tokens,
                                          limits.tokens / 4, &limits.tokens);
  const std::string asked = chat.turns.back().text;
  std::vector<Excerpt> shown =
      ChooseExcerpts(findings, asked, limits, count_tokens);
  turns.push_back({.role = ChatRole::kUser,
                   .text = AnswerPrompt(shown, asked, limits.asks_for_places)});
  auto prompt = request.vocabulary->ChatPrompt(turns);
  if (!prompt) return prompt.error();
  request.pieces = std::move(*prompt);
  chat.form.check = [root, asked, shown = std::move(shown),
                     findings = std::move(findings)](std::string_view said) {
    // They were read just before, and this thread reads no files.
    RepositoryAnswer answer =
        AnswerFromModel(said, shown, findings, asked,
                        [](const Excerpt& /*excerpt*/) { return true; });
    json::object about = AboutAnswer(root, answer, findings);
    return CheckedText{.text = std::move(answer.text),
                       .about = std::move(about)};
  };
  return ReadyWork(TextWork{.request = std::move(request),
                            .writer = MakeOpenAiAnswer(std::move(chat.form))});
}

}  // namespace

SlowWork AskRepository(RepositoryChat chat, const HttpView& view) {
  const auto run = [chat = std::move(chat), access = view.repositories](
                       const std::stop_token& stop) -> base::Result<ReadyWork> {
    const auto root = IndexedRoot(access->state_home, chat.directory);
    if (!root) return root.error();
    auto findings = FindInRepository(
        {.state_home = access->state_home,
         .root = *root,
         .rules = access->rules,
         .encoder = access->encoder.get()},
        FollowUpQueries(EarlierTurns(chat), chat.turns.back().text), stop);
    if (!findings) return findings.error();
    const bool chats = chat.request.vocabulary->facts().no_chat.empty();
    if (!chats || !findings->found) {
      return ReadyWork(ReplyWithFindings(*root, *findings, chat.form));
    }
    return LetAnswer(chat, *root, std::move(*findings));
  };
  return {.run = run};
}

SlowWork ListRepositories(const HttpView& view) {
  const auto run =
      [access = view.repositories](
          const std::stop_token& /*stop*/) -> base::Result<ReadyWork> {
    json::array listed;
    for (const std::string& root :
         repository::IndexedRoots(access->state_home)) {
      std::error_code error;
      if (!fs::is_directory(root, error)) continue;  // it is gone
      listed.emplace_back(base::JsonString(root));
    }
    return ReadyWork(HttpReply{.body = base::CompactJsonText(json::object{
                                   {"repositories", std::move(listed)}})});
  };
  return {.run = run};
}

}  // namespace krait::daemon
