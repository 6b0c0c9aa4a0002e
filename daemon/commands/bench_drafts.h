// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_BENCH_DRAFTS_H_
#define KRAIT_DAEMON_COMMANDS_BENCH_DRAFTS_H_

#include <cstddef>
#include <filesystem>

#include "daemon/loaded_model.h"

namespace krait::daemon {

// `krait bench drafts`: what it gains to guess the tokens that follow from what
// followed before, in a repetitive edit; or from the rest of a repository, at
// places of one of its files. All ways in turns; they must say the same.
struct BenchDraftsArguments {
  ModelOptions model;
  std::filesystem::path file;  // whose text is gone on with; empty: a sample
  std::filesystem::path repository;  // that has the file; empty: none
  size_t tokens = 64;                // at each place
  size_t repetitions = 3;
  bool json = false;
};

int RunBenchDrafts(const BenchDraftsArguments& arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_BENCH_DRAFTS_H_
