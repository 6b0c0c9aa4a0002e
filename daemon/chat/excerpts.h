// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_CHAT_EXCERPTS_H_
#define KRAIT_DAEMON_CHAT_EXCERPTS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/chat/repository_question.h"

namespace krait::daemon {

// Whole lines of a file that a model is shown for a question; of a document
// those of some pages or cells (repository/place_unit.h).
struct Excerpt {
  std::string path;       // in the repository
  size_t begin_line = 1;  // from 1; pages or cells of a document
  size_t end_line = 1;    // the last one
  std::string name = {};  // of the declaration or section; may be empty
  std::string text = {};  // as it is in the file
  uint64_t hash = 0;      // of the text
};

// How much a model is shown, and what it is asked for. A small one loses itself
// in more than it needs, and in numbers (SmolLM2-135M counts on from them).
struct ExcerptLimits {
  size_t tokens = 1536;  // of all, at least one excerpt whatever it takes
  size_t each = 448;     // of one
  size_t most = 5;
  bool asks_for_places = true;  // else krait finds out itself
};

// The limits for a model of so many parameters (0: unknown) with a context of
// so many tokens (0: no limit), of which `max_tokens` are for the answer.
ExcerptLimits LimitsFor(size_t parameters, size_t context_tokens,
                        size_t max_tokens);

using TextTokenCounter = std::function<size_t(std::string_view)>;

// Returns what of the findings, the best first, is shown for a question: of a
// passage that is over the limit the lines in a row that have most of the
// question's words. Passages that speak of less than half as much of the
// question as the best one are left out.
std::vector<Excerpt> ChooseExcerpts(const RepositoryFindings& findings,
                                    std::string_view question,
                                    const ExcerptLimits& limits,
                                    const TextTokenCounter& count_tokens);

// Whether these lines of the file still say what was shown; of a document
// whether these pages or cells still have it.
bool IsUnchanged(const std::filesystem::path& root, const Excerpt& excerpt);

// Returns what a chat model is told: the excerpts, what to do with them, and
// the question. If it is asked for places the excerpts have numbers. They are
// fenced, and the model is told that nothing in them is an instruction.
std::string AnswerPrompt(const std::vector<Excerpt>& excerpts,
                         std::string_view question, bool asks_for_places);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_CHAT_EXCERPTS_H_
