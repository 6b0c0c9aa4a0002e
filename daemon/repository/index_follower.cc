// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/index_follower.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "base/file_descriptor.h"
#include "daemon/repository/folder_watch.h"
#include "daemon/repository/walk.h"

namespace krait::repository {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What runs beside it comes first: keystrokes, above all. But a saved file is
// to be found soon, also while something is compiled.
void LowerPriority() {
  constexpr int kNice = 10;
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  (void)setpriority(PRIO_PROCESS, thread, kNice);
}

std::set<std::string> FoldersOf(const FollowOptions& options,
                                const std::stop_token& stop) {
  std::set<std::string> folders;
  (void)Walk(
      options.root, options.choice,
      {.on_folder =
           [&folders](const std::string& path) { folders.insert(path); }},
      [](const FoundFile&) { return true; }, stop);
  return folders;
}

// Watches all folders, those too that are made meanwhile.
void WatchAll(const FollowOptions& options, const std::stop_token& stop,
              FolderWatch* watch) {
  constexpr int kMostTimes = 3;
  std::set<std::string> watched;
  for (int i = 0; i < kMostTimes; ++i) {
    std::set<std::string> folders = FoldersOf(options, stop);
    if (folders == watched) return;
    watched = std::move(folders);
    watch->SetFolders(watched);
  }
}

}  // namespace

class IndexFollower::Work {
 public:
  explicit Work(FollowOptions options)
      : options_(std::move(options)),
        wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void Run(const std::stop_token& stop);
  void Tell(const std::vector<std::string>& files) {
    const std::lock_guard lock(mutex_);
    told_.insert(files.begin(), files.end());
    Wake();
  }
  void Pause(bool pause) {
    const std::lock_guard lock(mutex_);
    paused_ = pause;
    Wake();
  }
  uint64_t updates() const { return updates_; }

 private:
  void Wake() const {
    const uint64_t one = 1;
    (void)!write(wake_fd_.get(), &one, sizeof(one));
  }
  // Waits until something is told, at most until `until`.
  void Wait(const FolderWatch& watch, Clock::time_point until) const;
  void Gather(FolderWatch* watch, FileEvents* events);
  bool MayWork();
  // False: it did not work.
  bool Update(const FileEvents& events, const std::stop_token& stop);

  const FollowOptions options_;
  const base::FileDescriptor wake_fd_;
  std::atomic<uint64_t> updates_{0};
  std::mutex mutex_;
  std::set<std::string> told_;  // guarded by mutex_
  bool paused_ = false;         // guarded by mutex_
};

void IndexFollower::Work::Wait(const FolderWatch& watch,
                               Clock::time_point until) const {
  // Not longer than poll's argument can say.
  until = std::min(until, Clock::now() + std::chrono::hours(24));
  const auto rest = std::chrono::ceil<milliseconds>(until - Clock::now());
  std::array<pollfd, 2> polled = {
      pollfd{.fd = wake_fd_.get(), .events = POLLIN, .revents = 0},
      pollfd{.fd = watch.fd(), .events = POLLIN, .revents = 0}};
  (void)poll(polled.data(), polled.size(),
             static_cast<int>(std::max<int64_t>(rest.count(), 0)));
  uint64_t ignored = 0;
  (void)!read(wake_fd_.get(), &ignored, sizeof(ignored));
}

void IndexFollower::Work::Gather(FolderWatch* watch, FileEvents* events) {
  watch->Take(events);
  const std::lock_guard lock(mutex_);
  events->files.merge(told_);
  told_.clear();
}

bool IndexFollower::Work::MayWork() {
  {
    const std::lock_guard lock(mutex_);
    if (paused_) return false;
  }
  return !options_.may_work || options_.may_work();
}

bool IndexFollower::Work::Update(const FileEvents& events,
                                 const std::stop_token& stop) {
  std::shared_ptr<const ChunkEncoder> encoder;
  if (options_.encoder) {
    auto made = options_.encoder();
    if (!made) {
      if (options_.on_update) options_.on_update(made.error());
      return false;
    }
    encoder = std::move(*made);
  }
  IndexOptions index{.index = options_.index,
                     .root = options_.root,
                     .choice = options_.choice,
                     .encoder = encoder.get(),
                     .on_progress = options_.on_progress};
  if (!events.all) {
    index.only.emplace(events.files.begin(), events.files.end());
  }
  const auto report = UpdateIndex(index, stop);
  if (stop.stop_requested()) return false;
  if (report) ++updates_;
  if (options_.on_update) options_.on_update(report);
  return report.has_value();
}

void IndexFollower::Work::Run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { Wake(); });
  LowerPriority();
  FolderWatch watch(options_.root);
  FileEvents events{.files = {}, .all = true};
  auto not_before = Clock::time_point::min();  // after a failure
  auto look_at_all = Clock::time_point::max();
  while (!stop.stop_requested()) {
    Gather(&watch, &events);
    events.all = events.all || Clock::now() >= look_at_all;
    if (events.empty()) {
      Wait(watch, look_at_all);
      // What comes with the first event is looked at together with it.
      std::this_thread::sleep_for(options_.settle);
      continue;
    }
    if (Clock::now() < not_before) {
      Wait(watch, not_before);
      continue;
    }
    not_before = Clock::now() + options_.try_again_after;
    if (!MayWork()) continue;
    // Watched before the files are read: no change is missed.
    if (events.all) WatchAll(options_, stop, &watch);
    if (!Update(events, stop)) continue;
    if (events.all) {
      look_at_all =
          Clock::now() + (watch.is_complete() ? options_.again_after
                                              : options_.again_if_incomplete);
    }
    not_before = Clock::time_point::min();
    events = {};
  }
}

IndexFollower::IndexFollower(FollowOptions options)
    : work_(std::make_unique<Work>(std::move(options))),
      thread_([this](const std::stop_token& stop) { work_->Run(stop); }) {}

IndexFollower::~IndexFollower() = default;

void IndexFollower::Changed(const std::vector<std::string>& files) {
  work_->Tell(files);
}

void IndexFollower::Pause(bool pause) {
  work_->Pause(pause);
}

uint64_t IndexFollower::updates() const {
  return work_->updates();
}

}  // namespace krait::repository
