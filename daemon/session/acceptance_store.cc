// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/acceptance_store.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "daemon/log.h"
#include "daemon/session/acceptance_file.h"

namespace krait::daemon {
namespace {

// Another process holds the lock for some milliseconds.
constexpr std::chrono::seconds kLockPatience{5};
constexpr std::chrono::seconds kMostWaitAtTheEnd{1};

std::string Today() {
  return fmt::format("{:%Y-%m-%d}", fmt::localtime(std::time(nullptr)));
}

}  // namespace

struct AcceptanceStore::Shared {
  explicit Shared(std::filesystem::path its_file) : file(std::move(its_file)) {}

  const std::filesystem::path file;
  std::stop_source stop;
  std::mutex mutex;
  std::condition_variable changed;
  // The rest is guarded by the mutex.
  std::optional<AcceptanceTable> of_file;  // as it was last read
  AcceptanceTable saving;                  // on its way there
  AcceptanceTable unsaved;
  uint64_t asked = 0;  // how often to save
  uint64_t done = 0;   // of these
  bool ended = false;
};

AcceptanceStore::AcceptanceStore(std::filesystem::path file)
    : file_(std::move(file)), shared_(std::make_shared<Shared>(file_)) {
  if (file_.empty()) return;
  thread_ = std::thread([shared = shared_] { Run(shared); });
}

AcceptanceStore::~AcceptanceStore() {
  if (!thread_.joinable()) return;
  (void)Flush(kMostWaitAtTheEnd);
  shared_->stop.request_stop();
  shared_->changed.notify_all();
  std::unique_lock lock(shared_->mutex);
  const bool ended = shared_->changed.wait_for(
      lock, kMostWaitAtTheEnd, [this] { return shared_->ended; });
  lock.unlock();
  // It owns all that it needs, should its file system ever answer.
  ended ? thread_.join() : thread_.detach();
}

void AcceptanceStore::Add(std::string_view language, std::string_view plan,
                          const AcceptanceCounts& counts) {
  if (file_.empty()) return;
  const std::lock_guard lock(shared_->mutex);
  AcceptanceTable& unsaved = shared_->unsaved;
  if (unsaved.since.empty()) unsaved.since = Today();
  unsaved.Add(language, plan, counts);
}

std::optional<AcceptanceTable> AcceptanceStore::Total() const {
  if (file_.empty()) return AcceptanceTable{};
  const std::lock_guard lock(shared_->mutex);
  std::optional<AcceptanceTable> total = shared_->of_file;
  if (!total) return total;
  total->Add(shared_->saving);
  total->Add(shared_->unsaved);
  return total;
}

void AcceptanceStore::Clear() {
  const std::lock_guard lock(shared_->mutex);
  shared_->unsaved = {};
  shared_->of_file = AcceptanceTable{};
}

void AcceptanceStore::Save() {
  if (file_.empty()) return;
  {
    const std::lock_guard lock(shared_->mutex);
    ++shared_->asked;
  }
  shared_->changed.notify_all();
}

bool AcceptanceStore::Flush(std::chrono::milliseconds limit) {
  if (file_.empty()) return true;
  Save();
  std::unique_lock lock(shared_->mutex);
  const uint64_t asked = shared_->asked;
  return shared_->changed.wait_for(lock, limit,
                                   [&] { return shared_->done >= asked; });
}

// The thread's side -----------------------------------------------------------

namespace {

void LogProblem(const base::Error& error) {
  WriteLog(LogLevel::kWarning, fmt::format("statistics: {}", error.message));
}

}  // namespace

void AcceptanceStore::Run(const std::shared_ptr<Shared>& shared) {
  const std::stop_token stop = shared->stop.get_token();
  // One that is broken is set aside when something is added.
  auto of_file = ReadAcceptanceFile(shared->file);
  std::unique_lock lock(shared->mutex);
  if (of_file) shared->of_file = std::move(*of_file);
  for (;;) {
    shared->changed.wait(lock, [&] {
      return stop.stop_requested() || shared->asked > shared->done;
    });
    if (stop.stop_requested()) break;
    const uint64_t asked = shared->asked;
    if (!shared->unsaved.since.empty()) {
      shared->saving = std::exchange(shared->unsaved, {});
      lock.unlock();
      const auto total = AddToAcceptanceFile(shared->file, shared->saving,
                                             kLockPatience, stop);
      if (!total) LogProblem(total.error());
      if (total && !total->set_aside.empty()) {
        WriteLog(LogLevel::kWarning, "statistics: " + total->set_aside);
      }
      lock.lock();
      if (total) {
        shared->of_file = total->table;
      } else {
        shared->unsaved.Add(shared->saving);
      }
      shared->saving = {};
    }
    shared->done = asked;
    shared->changed.notify_all();
  }
  shared->ended = true;
  shared->changed.notify_all();
}

}  // namespace krait::daemon
