// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/chat_answerer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "daemon/chat/chat_sampling.h"
#include "daemon/chat/conversation.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

bool IsSpace(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::string_view TrimmedText(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

// Without the question, if it begins with that, with whatever stands before it
// on its line ("Question: ").
std::string_view WithoutQuestion(std::string_view said,
                                 std::string_view question) {
  said = TrimmedText(said);
  const size_t line = std::min(said.find('\n'), said.size());
  const size_t at = said.find(TrimmedText(question));
  if (at >= line) return said;
  return TrimmedText(said.substr(at + TrimmedText(question).size()));
}

// Without sentences that were said before.
std::string WithoutRepetition(std::string_view said) {
  std::set<std::string_view> known;
  std::string text;
  for (size_t begin = 0; begin < said.size();) {
    size_t end = said.find_first_of(".!?\n", begin);
    end = end == said.npos ? said.size() : end + 1;
    while (end < said.size() && !IsSpace(said[end]) && said[end - 1] != '\n') {
      end = std::min(said.find_first_of(".!?\n", end), said.size() - 1) + 1;
    }
    const std::string_view sentence = said.substr(begin, end - begin);
    const std::string_view words = TrimmedText(sentence);
    // Code has lines that stand in it twice.
    const bool is_prose = words.find(' ') != words.npos;
    if (!is_prose || known.insert(words).second) text += sentence;
    begin = end;
  }
  return text;
}

// Nobody is to take for the repository's word what is only the model's.
void NameWhatWasShown(const std::vector<Excerpt>& shown,
                      const std::function<bool(const Excerpt&)>& still_there,
                      RepositoryAnswer* answer) {
  std::string places;
  for (const Excerpt& excerpt : shown) {
    if (!still_there(excerpt)) continue;
    const Citation place = {.path = excerpt.path,
                            .begin_line = excerpt.begin_line,
                            .end_line = excerpt.end_line,
                            .added = true};
    places += fmt::format(" [{}]", CitationText(place));
    answer->citations.push_back(place);
  }
  if (places.empty()) return;
  answer->text += fmt::format(
      "\n\n(In these words none of it stands in what the model was shown:{})",
      places);
}

}  // namespace

RepositoryAnswer PassagesAnswer(const RepositoryFindings& findings) {
  RepositoryAnswer answer{.found = findings.found,
                          .supported = findings.found,
                          .text = FindingsText(findings),
                          .citations = {},
                          .dropped = {}};
  if (!findings.found) return answer;
  for (const ReadPassage& read : findings.passages) {
    answer.citations.push_back({.path = read.passage.path,
                                .begin_line = read.passage.begin_line,
                                .end_line = read.passage.end_line});
  }
  return answer;
}

RepositoryAnswer AnswerFromModel(
    std::string_view said, const std::vector<Excerpt>& shown,
    const RepositoryFindings& findings, std::string_view question,
    const std::function<bool(const Excerpt&)>& still_there) {
  const std::string words = WithoutRepetition(WithoutQuestion(said, question));
  CheckedAnswer checked = CheckCitations(words, shown, still_there);
  if (TrimmedText(checked.text).empty()) {
    RepositoryAnswer answer = PassagesAnswer(findings);
    answer.dropped = std::move(checked.dropped);
    return answer;
  }
  RepositoryAnswer answer{.found = !SaysNotFound(checked.text),
                          .supported = false,
                          .text = std::move(checked.text),
                          .citations = {},
                          .dropped = std::move(checked.dropped)};
  if (!answer.found) return answer;
  answer.supported = !checked.citations.empty();
  answer.citations = std::move(checked.citations);
  if (!answer.supported) NameWhatWasShown(shown, still_there, &answer);
  return answer;
}

base::Result<ChatAnswerer> ChatAnswerer::Load(const ModelOptions& options) {
  auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  std::string name = loaded->path.filename().string();
  if (!loaded->model->has_tokenizer()) {
    return MakeError(ErrorCode::kUnsupported, name + ": has no tokenizer");
  }
  auto hints = engine::ReadChatHints(loaded->path);
  if (!hints) return hints.error();
  auto format =
      engine::ChooseChatFormat(loaded->model->tokenizer(), {}, hints->jinja);
  if (!format) {
    return MakeError(format.error().code, name + ": " + format.error().message);
  }
  return ChatAnswerer(std::move(*loaded), std::move(*format), std::move(*hints),
                      std::move(name));
}

base::Result<RepositoryAnswer> ChatAnswerer::Answer(
    const std::filesystem::path& root, const RepositoryFindings& findings,
    const std::string& question, size_t max_tokens, const OnText& on_text) {
  ConversationOptions options;
  options.max_tokens = max_tokens;
  // What is likeliest: an answer is to be what the passages say.
  engine::SamplingHints greedy;
  greedy.temperature = 0;
  options.sampler = ChooseSampling(greedy, hints_.sampling);
  Conversation conversation(loaded_.model, *loaded_.pool, format_,
                            std::move(options));
  const engine::Tokenizer& tokenizer = loaded_.model->tokenizer();
  const ExcerptLimits limits = LimitsFor(
      loaded_.model->Parameters(), conversation.context_tokens(), max_tokens);
  const auto shown = ChooseExcerpts(
      findings, question, limits,
      [&](std::string_view text) { return tokenizer.Encode(text).size(); });
  std::string said;
  const auto answer = conversation.Ask(
      AnswerPrompt(shown, question, limits.asks_for_places),
      [&](std::string_view piece) {
        said += piece;
        if (on_text) on_text(piece);
      },
      [] { return false; });
  if (!answer) return answer.error();
  return AnswerFromModel(
      said, shown, findings, question,
      [&](const Excerpt& one) { return IsUnchanged(root, one); });
}

}  // namespace krait::daemon
