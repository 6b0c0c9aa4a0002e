// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/exercise.h"

#include <algorithm>
#include <memory>

#include "daemon/completion/shown/syntax.h"
#include "daemon/completion/text/repository_place.h"
#include "grammars/language.h"

namespace krait::daemon {
namespace {

// Cases name languages as krait does, or as editors do.
const grammars::Language* LanguageNamed(const std::string& name) {
  const auto languages = grammars::Languages();
  const auto found =
      std::ranges::find(languages, name, &grammars::Language::name);
  return found == languages.end() ? grammars::LanguageOfLspId(name) : &*found;
}

}  // namespace

Exercise MakeExercise(const FimCase& fim_case) {
  Exercise exercise{.request = {.path = {},
                                .before = fim_case.prefix,
                                .after = fim_case.suffix},
                    .extent = completion::CompletionExtent::kUnlimited,
                    .wanted = fim_case.middle};
  const grammars::Language* const language = LanguageNamed(fim_case.language);
  if (!fim_case.repository.empty() && language != nullptr) {
    exercise.request.repository =
        std::make_shared<const completion::RepositoryPlace>(
            completion::RepositoryPlace{.root = fim_case.repository,
                                        .language = std::string(language->name),
                                        .file = fim_case.path,
                                        .open = {fim_case.path},
                                        .rules = {},
                                        .wait = true});
  }
  const size_t newline = fim_case.middle.find('\n');
  std::string text = fim_case.prefix;
  if (newline == std::string::npos) {
    exercise.extent = completion::CompletionExtent::kLine;
  } else if (newline + 1 == fim_case.middle.size()) {
    exercise.extent = completion::CompletionExtent::kWholeLine;
    exercise.wanted.resize(newline);
    text += '\n';
  }
  text += fim_case.suffix;
  exercise.request.syntax = completion::ParseForRequest(
      language, std::move(text), fim_case.prefix.size());
  return exercise;
}

}  // namespace krait::daemon
