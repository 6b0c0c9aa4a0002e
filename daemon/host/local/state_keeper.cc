// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/state_keeper.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <new>
#include <optional>
#include <stop_token>
#include <utility>

#include "daemon/host/local/forget_mark.h"
#include "daemon/host/local/forget_states.h"
#include "daemon/log.h"
#include "engine/arch/model.h"
#include "engine/model/fingerprint.h"
#include "engine/state/state_directory.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using Sequence = engine::StateStore::Sequence;
using Clock = std::chrono::steady_clock;

// After a stop, how long a write may take to notice.
constexpr std::chrono::milliseconds kStopPatience{500};
// Before it is tried again.
constexpr std::chrono::milliseconds kPauseWithoutMemory{100};

// The paths by which a file may be known later: its own, and the one without
// links.
std::vector<std::string> NamesOf(const std::vector<std::string>& files) {
  std::vector<std::string> names = files;
  for (const std::string& file : files) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(file, error);
    if (!error && real != file) names.push_back(real.string());
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

// What both threads know. The keeper's thread owns a part, as it may outlive
// the keeper.
struct StateKeeper::Shared {
  using Forgetting =
      std::pair<completion::ForgetScope, std::function<void(size_t)>>;

  Shared(std::shared_ptr<const engine::Model> its_model,
         StateKeeperOptions its_options)
      : model(std::move(its_model)), options(std::move(its_options)) {}

  // On the keeper's thread.
  void Identify();
  void Load();
  bool WaitForWork(std::unique_lock<std::mutex>* lock);
  void Work(std::unique_lock<std::mutex>* lock);
  void WriteAll(std::unique_lock<std::mutex>* lock);
  bool WasForgotten(std::unique_lock<std::mutex>* lock);
  void GiveUpWaiting();
  void ForgetNow(std::unique_lock<std::mutex>* lock);
  base::Status Write(Sequence* sequence, const std::stop_token& stop);
  void SayWhyNot(const base::Error& error);

  const std::shared_ptr<const engine::Model> model;
  const StateKeeperOptions options;
  // The thread's alone.
  std::optional<engine::StateDirectory> directory;
  std::optional<ForgetMark> mark;

  std::mutex mutex;
  std::condition_variable changed;
  // The rest with the mutex held.
  std::stop_source stopping;   // the keeper ends
  std::stop_source giving_up;  // what is being written is not wanted any more
  bool loading = true;
  bool writing = false;
  bool ended = false;
  bool forgotten = false;  // by another process; see TakeForgotten
  base::Status last_write;
  std::deque<Sequence> read;
  std::deque<Sequence> waiting;
  std::vector<Sequence> written;
  std::vector<Forgetting> forgettings;
};

// The keeper's thread ---------------------------------------------------------

void StateKeeper::Shared::SayWhyNot(const base::Error& error) {
  if (error.code == ErrorCode::kCancelled) return;
  WriteLog(LogLevel::kWarning,
           fmt::format("warm states are not kept: {}", error.message));
}

// Learns which model it is, so that its states can be told from others'.
void StateKeeper::Shared::Identify() {
  mark.emplace(options.forget_mark);
  const auto fingerprint = engine::FingerprintOf(
      options.stamp, model->ExecutorName(),
      engine::FingerprintMemory(options.fingerprints), stopping.get_token());
  if (!fingerprint) return SayWhyNot(fingerprint.error());
  directory.emplace(options.directory,
                    engine::StateCodec(model->hyperparameters()), *fingerprint,
                    options.limits);
}

void StateKeeper::Shared::Load() {
  if (!directory) return;
  size_t bytes = 0;
  size_t count = 0;
  for (const engine::StoredState& state : directory->List()) {
    bytes += state.bytes;
    if (bytes > options.load_bytes) break;
    auto sequence = directory->Read(state.path);
    if (!sequence && sequence.error().code != ErrorCode::kNotFound) {
      WriteLog(LogLevel::kWarning,
               "passed over a saved state: " + sequence.error().message);
    }
    const std::lock_guard lock(mutex);
    // What is being forgotten may be among it.
    if (stopping.stop_requested() || !forgettings.empty()) return;
    if (!sequence) continue;
    read.push_back(std::move(*sequence));
    ++count;
  }
  WriteLog(LogLevel::kInfo, fmt::format("{} saved states were read", count));
}

bool StateKeeper::Shared::WaitForWork(std::unique_lock<std::mutex>* lock) {
  changed.wait(*lock, [this] {
    return stopping.stop_requested() || !waiting.empty() ||
           !forgettings.empty();
  });
  return !stopping.stop_requested();
}

void StateKeeper::Shared::Work(std::unique_lock<std::mutex>* lock) {
  if (!forgettings.empty()) return ForgetNow(lock);
  writing = true;
  WriteAll(lock);
  lock->unlock();
  if (directory) directory->Trim();
  lock->lock();
  writing = false;
}

// Whoever forgets sets the mark before anything is deleted: what was written
// before the mark is deleted there, what was written after it is here.
void StateKeeper::Shared::WriteAll(std::unique_lock<std::mutex>* lock) {
  giving_up = std::stop_source();
  const std::stop_token stop = giving_up.get_token();
  if (WasForgotten(lock)) return;
  while (!waiting.empty() && !stop.stop_requested() && forgettings.empty()) {
    Sequence sequence = std::move(waiting.front());
    waiting.pop_front();
    lock->unlock();
    base::Status saved = Write(&sequence, stop);
    lock->lock();
    const bool forgotten_since = WasForgotten(lock);
    if (forgotten_since && directory) directory->Delete(sequence);
    // Let go of by the thread that the pieces belong to.
    written.push_back(std::move(sequence));
    last_write = std::move(saved);
    if (forgotten_since) return;
    if (last_write) continue;
    SayWhyNot(last_write.error());
    GiveUpWaiting();
  }
}

// Gives up what waits if it was.
bool StateKeeper::Shared::WasForgotten(std::unique_lock<std::mutex>* lock) {
  lock->unlock();
  const bool is_new = mark && mark->IsNew();
  lock->lock();
  if (!is_new) return false;
  forgotten = true;
  GiveUpWaiting();
  return true;
}

void StateKeeper::Shared::GiveUpWaiting() {
  std::ranges::move(waiting, std::back_inserter(written));
  waiting.clear();
}

base::Status StateKeeper::Shared::Write(Sequence* sequence,
                                        const std::stop_token& stop) try {
  if (!directory) return {};
  if (engine::CompareModels(options.stamp,
                            engine::StampModel(model->file().path())) !=
      engine::ModelChange::kNone) {
    return base::MakeError(
        ErrorCode::kIo,
        model->file().path().string() + ": was changed since it was loaded");
  }
  sequence->origins = NamesOf(sequence->origins);
  const bool may = !sequence->origins.empty() &&
                   std::ranges::all_of(sequence->origins, options.may_save);
  return may ? directory->Write(*sequence, stop) : base::Status();
} catch (const std::bad_alloc&) {
  return base::MakeError(ErrorCode::kIo, "no memory to write states");
}

void StateKeeper::Shared::ForgetNow(std::unique_lock<std::mutex>* lock) {
  for (const auto& [scope, done] : std::exchange(forgettings, {})) {
    lock->unlock();
    const size_t count = ForgetStates(options.directory, scope);
    // Nothing is left in memory that it could be about.
    if (mark) (void)mark->IsNew();
    lock->lock();
    // Whoever waits may be gone once the keeper is.
    if (!stopping.stop_requested()) done(count);
  }
}

void StateKeeper::Run(const std::shared_ptr<Shared>& shared) {
  try {
    shared->Identify();
    shared->Load();
  } catch (const std::bad_alloc&) {
    WriteLog(LogLevel::kWarning, "no memory to read saved states");
  }
  // Of this thread alone. Somebody may wait for what it reads, nobody for what
  // it writes.
  (void)setpriority(PRIO_PROCESS, 0, 19);
  std::unique_lock lock(shared->mutex);
  shared->loading = false;
  shared->changed.notify_all();
  while (shared->WaitForWork(&lock)) {
    try {
      shared->Work(&lock);
    } catch (const std::bad_alloc&) {
      if (!lock.owns_lock()) lock.lock();
      shared->writing = false;
      // The model's thread makes room meanwhile.
      shared->changed.wait_for(lock, kPauseWithoutMemory);
    }
    shared->changed.notify_all();
  }
  shared->ended = true;
  shared->changed.notify_all();
}

// The model's thread ----------------------------------------------------------

StateKeeper::StateKeeper(std::shared_ptr<const engine::Model> model,
                         StateKeeperOptions options)
    : shared_(std::make_shared<Shared>(std::move(model), std::move(options))),
      thread_([shared = shared_] { Run(shared); }) {}

StateKeeper::~StateKeeper() {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping.request_stop();
  shared_->giving_up.request_stop();
  shared_->changed.notify_all();
  const bool ended = shared_->changed.wait_for(
      lock, kStopPatience, [this] { return shared_->ended; });
  lock.unlock();
  if (ended) {
    thread_.join();
    return;
  }
  // It waits for a disk, maybe for ever.
  WriteLog(LogLevel::kWarning,
           shared_->options.directory.string() +
               ": does not answer; what was being written there is lost");
  thread_.detach();
}

void StateKeeper::Exchange(engine::StateStore* store) {
  std::deque<Sequence> read;
  std::vector<Sequence> written;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->read.empty() && shared_->written.empty()) return;
    read.swap(shared_->read);
    written.swap(shared_->written);
  }
  for (const Sequence& sequence : read) store->Insert(sequence);
}

void StateKeeper::Save(std::vector<Sequence> sequences) {
  auto worthy = engine::MostWorthy(std::move(sequences),
                                   shared_->options.limits.max_bytes);
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.assign(std::make_move_iterator(worthy.begin()),
                          std::make_move_iterator(worthy.end()));
  shared_->changed.notify_all();
}

base::Status StateKeeper::Finish(std::chrono::milliseconds limit) {
  std::unique_lock lock(shared_->mutex);
  const auto idle = [this] {
    return !shared_->loading && !shared_->writing && shared_->waiting.empty();
  };
  if (!shared_->changed.wait_for(lock, limit, idle)) {
    shared_->GiveUpWaiting();
    shared_->giving_up.request_stop();
    shared_->changed.wait_for(lock, kStopPatience, idle);
  }
  return shared_->last_write;
}

bool StateKeeper::TakeForgotten() {
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->forgotten, false);
}

void StateKeeper::Forget(completion::ForgetScope scope,
                         std::function<void(size_t)> done) {
  const std::lock_guard lock(shared_->mutex);
  std::erase_if(shared_->read, [&](const Sequence& sequence) {
    return scope.all || std::ranges::any_of(sequence.origins,
                                            [&](const std::string& origin) {
                                              return scope.Covers(origin);
                                            });
  });
  shared_->GiveUpWaiting();
  shared_->giving_up.request_stop();
  shared_->forgettings.emplace_back(std::move(scope), std::move(done));
  shared_->changed.notify_all();
}

}  // namespace krait::daemon
