// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_LOAD_FAKE_H_
#define KRAIT_TESTS_DAEMON_LOAD_FAKE_H_

#include <functional>
#include <memory>
#include <utility>

#include "daemon/host/completion_host.h"
#include "tests/daemon/fake_generator.h"

namespace krait::daemon {

// A loader that gives this one generator, once, when `wait` returns. It holds
// it in a shared place because a std::function is copied.
inline CompletionHost::Loader LoadFake(
    std::unique_ptr<FakeGenerator> generator,
    std::function<void()> wait = [] {}) {
  struct Once {
    std::unique_ptr<FakeGenerator> generator;
  };
  auto once = std::make_shared<Once>(Once{std::move(generator)});
  return [once, wait = std::move(wait)]() -> base::Result<ReadyGenerator> {
    wait();
    return ReadyGenerator{.generator = std::move(once->generator),
                          .description = "fake",
                          .threads = 3};
  };
}

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_LOAD_FAKE_H_
