// SPDX-License-Identifier: Apache-2.0
#include "daemon/chat/repository_lookup.h"

#include <cstddef>
#include <utility>

#include "daemon/repository/indexer.h"
#include "daemon/repository/search.h"

namespace krait::daemon {
namespace {

constexpr size_t kPassagesToFind = 8;

}  // namespace

base::Result<RepositoryFindings> FindInRepository(
    const AskedRepository& repository, std::span<const std::string> questions,
    const std::stop_token& stop) {
  const auto encoder =
      repository.encoder ? repository.encoder->Get() : OpenedEncoder(nullptr);
  if (!encoder) return encoder.error();
  const auto index =
      repository::IndexFile(repository.state_home, repository.root);
  const auto updated = repository::UpdateIndex(
      {.index = index,
       .root = repository.root,
       .choice = repository::FileChoice(repository.rules),
       .encoder = encoder->get()},
      stop);
  if (!updated) return updated.error();
  auto searcher = repository::Searcher::Open(index, encoder->get());
  if (!searcher) return searcher.error();
  RepositoryFindings findings;
  for (const std::string& question : questions) {
    auto found =
        FindForQuestion(repository.root, &*searcher, question, kPassagesToFind);
    if (!found) return found.error();
    findings = std::move(*found);
    if (findings.found) break;
  }
  return findings;
}

}  // namespace krait::daemon
