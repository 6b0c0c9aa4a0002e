// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/thread_reaper.h"

#include <mutex>
#include <utility>
#include <vector>

namespace krait::daemon {
namespace {

struct Ending {
  std::thread thread;
  std::shared_ptr<const std::atomic<bool>> ended;
};

class Reaper {
 public:
  ~Reaper() {
    for (Ending& ending : endings_) ending.thread.join();
  }

  void Take(Ending ending) {
    const std::lock_guard lock(mutex_);
    std::erase_if(endings_, [](Ending& other) {
      if (!other.ended->load()) return false;
      other.thread.join();  // has but to return
      return true;
    });
    endings_.push_back(std::move(ending));
  }

 private:
  std::mutex mutex_;
  std::vector<Ending> endings_;  // guarded by mutex_
};

}  // namespace

void JoinLater(std::thread thread,
               std::shared_ptr<const std::atomic<bool>> ended) {
  static Reaper reaper;
  reaper.Take({std::move(thread), std::move(ended)});
}

}  // namespace krait::daemon
