// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/repository_question.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "daemon/chat/citations.h"
#include "daemon/chat/file_context.h"

namespace krait::daemon {
namespace {

// So many lines of a passage are shown to a person.
constexpr size_t kShownLines = 8;

std::string PassagePlace(const repository::Passage& passage) {
  return CitationText({.path = passage.path,
                       .begin_line = passage.begin_line,
                       .end_line = passage.end_line});
}

std::string PassageName(const repository::Passage& passage) {
  if (passage.container.empty()) return passage.name;
  if (passage.name.empty()) return passage.container;
  return passage.container + ": " + passage.name;
}

std::string FirstLinesOf(const std::string& text, size_t lines) {
  size_t end = 0;
  for (; lines > 0 && end < text.size(); --lines) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  return base::ToValidUtf8(text.substr(0, end));
}

}  // namespace

double BestCoverage(const RepositoryFindings& findings) {
  double best = 0;
  for (const ReadPassage& read : findings.passages) {
    best = std::max(best, read.coverage);
  }
  return best;
}

base::Result<RepositoryFindings> FindForQuestion(
    const std::filesystem::path& root, repository::Searcher* searcher,
    std::string_view question, size_t most) {
  auto passages = searcher->Find(question, most);
  if (!passages) return passages.error();
  RepositoryFindings findings;
  for (repository::Passage& passage : *passages) {
    ReadPassage read{.passage = std::move(passage), .text = {}};
    read.text = repository::ReadPassage(root, read.passage);
    if (read.text.empty()) continue;  // it is gone
    const auto coverage = searcher->Coverage(
        question,
        fmt::format("{} {} {} {}", read.passage.path, read.passage.name,
                    read.passage.container, read.text));
    if (!coverage) return coverage.error();
    read.coverage = *coverage;
    findings.passages.push_back(std::move(read));
  }
  findings.found = BestCoverage(findings) >= kLeastCoverage;
  return findings;
}

std::string FindingsText(const RepositoryFindings& findings) {
  if (!findings.found) return "Not found in this repository.\n";
  std::string text;
  for (const ReadPassage& read : findings.passages) {
    const std::string name = PassageName(read.passage);
    text += fmt::format("**{}**{}\n\n", PassagePlace(read.passage),
                        name.empty() ? "" : "  " + name);
    // Its heading is the place above.
    const std::string fenced =
        FileContext(read.passage.path, FirstLinesOf(read.text, kShownLines));
    text += fenced.substr(std::min(fenced.find('`'), fenced.size()));
  }
  return text;
}

}  // namespace krait::daemon
