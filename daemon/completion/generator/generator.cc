// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/generator/generator.h"

#include <utility>

#include "daemon/completion/generator/readiness.h"

namespace krait::completion {

base::Result<GeneratorReport> Generator::Generate(GeneratorRequest request,
                                                  std::stop_token stop) {
  const auto generation = Begin(std::move(request), std::move(stop));
  RunningGeneration* const alone = generation.get();
  while (!alone->outcome()) {
    RestWhileAllWait({&alone, 1});
    Advance({&alone, 1});
  }
  return *alone->outcome();
}

}  // namespace krait::completion
