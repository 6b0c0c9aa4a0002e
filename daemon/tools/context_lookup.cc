// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/context_lookup.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "daemon/repository/indexer.h"
#include "grammars/language.h"

namespace krait::daemon {

base::Result<repository::ContextFinder*> ContextLookup::FinderOf(
    const std::string& root) {
  const auto known = finders_.find(root);
  if (known != finders_.end()) return &known->second;
  const auto index = repository::IndexFile(state_home_, root);
  const repository::FileChoice choice(rules_);
  const auto encoder = encoder_.Get();
  if (!encoder) return encoder.error();
  const auto updated = repository::UpdateIndex(
      {.index = index,
       .root = root,
       .choice = choice,
       .threads = std::max(1U, std::thread::hardware_concurrency()),
       .encoder = encoder->get()});
  if (!updated) return updated.error();
  auto finder = repository::ContextFinder::Open(index, root, choice);
  if (!finder) return finder.error();
  return &finders_.emplace(root, std::move(*finder)).first->second;
}

base::Status ContextLookup::AddTo(const File& file, size_t tokens,
                                  completion::CompletionRequest* request) {
  const auto finder = FinderOf(file.root);
  if (!finder) return finder.error();
  const auto begin = completion::Clock::now();
  const grammars::Language* const language =
      grammars::LanguageOfFile(file.path, request->before);
  auto found =
      (*finder)->Find({.path = file.path,
                       .language = language == nullptr ? "" : language->name,
                       .before = request->before,
                       .after = request->after,
                       .most_bytes = tokens * repository::kBytesOfToken});
  took_ = completion::Clock::now() - begin;
  if (!found) return found.error();
  request->context =
      std::make_shared<const completion::RepositoryContext>(std::move(*found));
  request->context_now = true;
  return {};
}

}  // namespace krait::daemon
