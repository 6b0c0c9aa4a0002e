// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/repository_index.h"

#include <algorithm>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "daemon/chat/interrupts.h"
#include "daemon/config/config.h"
#include "daemon/repository/index_store.h"
#include "daemon/repository/walk.h"
#include "daemon/terminal.h"

namespace krait::daemon {

base::Result<NamedRepository> FindRepository(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return base::MakeError(base::ErrorCode::kInvalidArgument,
                           directory + ": expected a directory");
  }
  const std::filesystem::path home = StateHome();
  if (home.empty()) {
    return base::MakeError(base::ErrorCode::kInvalidArgument,
                           "an index needs a place: neither XDG_STATE_HOME nor "
                           "HOME is set");
  }
  NamedRepository named{.root = repository::RootOf(directory), .index = {}};
  named.index = repository::IndexFile(home, named.root);
  return named;
}

base::Status OpenEncoder(NamedRepository* named) {
  auto encoder =
      OpenRepositoryEncoder(LoadConfig({}).config.repository.embedding_model);
  if (!encoder) return encoder.error();
  named->encoder = std::move(*encoder);
  return {};
}

base::Result<repository::IndexReport> UpdateNamed(
    const NamedRepository& named, const completion::FileRules& rules,
    size_t threads) {
  Interrupts interrupts;
  std::stop_source stop;
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  // How many files there are is known once they are walked.
  size_t total = 0;
  Progress progress("indexing, files", 0);
  return repository::UpdateIndex({.index = named.index,
                                  .root = named.root,
                                  .choice = repository::FileChoice(rules),
                                  .threads = threads,
                                  .encoder = named.encoder.get(),
                                  .on_progress =
                                      [&](size_t done, size_t of) {
                                        total = of;
                                        if (interrupts.Take())
                                          stop.request_stop();
                                        progress.Update(
                                            done, "of " + std::to_string(of));
                                      }},
                                 stop.get_token());
}

}  // namespace krait::daemon
