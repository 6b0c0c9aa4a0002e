// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/repository_chat.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/json_text.h"
#include "base/utf8.h"
#include "daemon/chat/citations.h"
#include "daemon/chat/repository_question.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/indexer.h"
#include "daemon/repository/search.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;
using completion::ChatRole;
using completion::ChatTurn;

constexpr size_t kMostPassages = 8;
// Reading a repository for the first time is to leave room for keystrokes.
constexpr size_t kThreads = 1;
// Of passages: for each token of the model's context that is left, and at most.
constexpr size_t kBytesPerToken = 3;
constexpr size_t kMostPassageBytes = 12'000;
// What is said around passages and answer, in tokens.
constexpr size_t kOtherTokens = 256;
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

// The question and, if it alone finds nothing, the one before: "and where is it
// called?"
std::vector<std::string> QueriesOf(const std::vector<ChatTurn>& turns) {
  std::vector<std::string> queries = {turns.back().text};
  for (size_t i = turns.size() - 1; i-- > 0;) {
    if (turns[i].role != ChatRole::kUser) continue;
    queries.push_back(turns[i].text + "\n" + turns.back().text);
    break;
  }
  return queries;
}

base::Result<RepositoryFindings> FindFor(const std::vector<ChatTurn>& turns,
                                         const RepositoryAccess& access,
                                         const fs::path& root,
                                         const std::stop_token& stop) {
  const auto index = repository::IndexFile(access.state_home, root);
  const auto updated =
      repository::UpdateIndex({.index = index,
                               .root = root,
                               .choice = repository::FileChoice(access.rules),
                               .threads = kThreads},
                              stop);
  if (!updated) return updated.error();
  auto searcher = repository::Searcher::Open(index);
  if (!searcher) return searcher.error();
  RepositoryFindings findings;
  for (const std::string& query : QueriesOf(turns)) {
    auto found = FindForQuestion(root, &*searcher, query, kMostPassages);
    if (!found) return found.error();
    findings = std::move(*found);
    if (findings.found) break;
  }
  return findings;
}

// Answers ---------------------------------------------------------------------

Citation PlaceOf(const repository::Passage& passage) {
  return {.path = passage.path,
          .begin_line = passage.begin_line,
          .end_line = passage.end_line};
}

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
    places.push_back(json::object{{"path", base::JsonString(citation.path)},
                                  {"line", citation.begin_line},
                                  {"end_line", citation.end_line},
                                  {"text", CitedText(citation, findings)}});
  }
  return places;
}

json::object AboutAnswer(const fs::path& root, bool found,
                         const CheckedAnswer& checked,
                         const RepositoryFindings& findings) {
  return {{"repository", base::JsonString(root.string())},
          {"found", found},
          {"citations", PlacesToJson(checked.citations, findings)},
          {"dropped", PlacesToJson(checked.dropped, findings)}};
}

// The passages are the answer, or that there are none.
HttpReply ReplyWithFindings(const fs::path& root,
                            const RepositoryFindings& findings,
                            OpenAiAnswerForm form) {
  CheckedAnswer checked{
      .text = FindingsText(findings), .citations = {}, .dropped = {}};
  for (const ReadPassage& read : findings.passages) {
    if (findings.found) checked.citations.push_back(PlaceOf(read.passage));
  }
  form.check = [&](std::string_view) {
    return CheckedText{
        .text = checked.text,
        .about = AboutAnswer(root, findings.found, checked, findings)};
  };
  const auto writer = MakeOpenAiAnswer(std::move(form));
  TextAnswer answer;
  answer.choices.push_back(
      {.text = checked.text, .end = TextEnd::kEndOfSequence});
  HttpReply reply;
  if (const auto type = writer->stream_type()) {
    reply.content_type = *type;
    reply.body =
        writer->Part({.choice = 0, .text = checked.text, .pieces = {}});
  }
  reply.body += writer->Whole(answer);
  return reply;
}

// The last turns before the question, of at most so many bytes.
std::vector<ChatTurn> TurnsBefore(const std::vector<ChatTurn>& turns,
                                  size_t most_bytes) {
  size_t first = turns.size() - 1;
  for (size_t bytes = 0; first > 0; --first) {
    bytes += turns[first - 1].text.size();
    if (bytes > most_bytes) break;
  }
  // A conversation begins with a question.
  while (first + 1 < turns.size() && turns[first].role != ChatRole::kUser) {
    ++first;
  }
  return {turns.begin() + static_cast<std::ptrdiff_t>(first), turns.end() - 1};
}

base::Result<ReadyWork> LetAnswer(RepositoryChat chat, const fs::path& root,
                                  RepositoryFindings findings) {
  TextRequest& request = chat.request;
  const size_t context = request.vocabulary->facts().context_length;
  size_t most_bytes = kMostPassageBytes;
  if (context != 0) {
    request.max_tokens = std::min(request.max_tokens, kMostAnswerTokens);
    const size_t taken = std::min(context, request.max_tokens + kOtherTokens);
    most_bytes = std::min(most_bytes, (context - taken) * kBytesPerToken);
  }
  std::vector<ChatTurn> turns = TurnsBefore(chat.turns, most_bytes / 4);
  for (const ChatTurn& turn : turns) most_bytes -= turn.text.size();
  std::vector<repository::Passage> shown;
  ChatTurn question = chat.turns.back();
  question.text =
      AnswerInstructions(findings, most_bytes, &shown) + question.text;
  turns.push_back(std::move(question));
  auto prompt = request.vocabulary->ChatPrompt(turns);
  if (!prompt) return prompt.error();
  request.pieces = std::move(*prompt);
  chat.form.check = [root, shown = std::move(shown),
                     findings = std::move(findings)](std::string_view said) {
    CheckedAnswer checked = CheckCitations(said, shown);
    json::object about =
        AboutAnswer(root, !SaysNotFound(checked.text), checked, findings);
    return CheckedText{.text = std::move(checked.text),
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
    auto findings = FindFor(chat.turns, *access, *root, stop);
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
