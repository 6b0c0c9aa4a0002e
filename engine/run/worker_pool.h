// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_RUN_WORKER_POOL_H_
#define KRAIT_ENGINE_RUN_WORKER_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

#include "engine/run/topology.h"

namespace krait::engine {

// Threads pinned to cores that run one parallel section at a time, started and
// joined in well under a microsecond while they are warm: between sections a
// worker spins for a short time, then sleeps. The thread that calls Run is
// worker 0 (and is not pinned).
//
// Thread-compatible: one caller at a time.
class WorkerPool {
 public:
  // One worker per entry of `plan`; the first is the caller's.
  explicit WorkerPool(const ThreadPlan& plan);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  size_t size() const { return workers_.size() + 1; }

  // Calls fn(worker) once on every worker, worker in [0, size()), and returns
  // when all are done. `fn` must not throw and must not call Run.
  template <class Fn>
  void Run(const Fn& fn) {
    RunErased([](const void* f,
                 size_t worker) { (*static_cast<const Fn*>(f))(worker); },
              &fn);
  }

  // Splits [0, total) into one contiguous range per worker, at multiples of
  // `grain`, and calls fn(begin, end, worker) on each that is not empty. The
  // split depends only on total, grain and size(): the same worker gets the
  // same rows each time, whose pages and cache lines are near it.
  template <class Fn>
  void ForRanges(size_t total, size_t grain, const Fn& fn) {
    if (total == 0) return;
    const size_t units = (total + grain - 1) / grain;
    if (size() == 1 || units == 1) return fn(size_t{0}, total, size_t{0});
    Run([&](size_t worker) {
      const size_t begin = units * worker / size() * grain;
      const size_t end = units * (worker + 1) / size() * grain;
      if (begin < end) fn(begin, end < total ? end : total, worker);
    });
  }

  // Calls fn(task, worker) for each task in [0, tasks), taken one by one by
  // whoever is free: for work of uneven length or uneven cores.
  template <class Fn>
  void ForTasks(size_t tasks, const Fn& fn) {
    if (tasks <= 1 || size() == 1) {
      for (size_t task = 0; task < tasks; ++task) fn(task, size_t{0});
      return;
    }
    std::atomic<size_t> next{0};
    Run([&](size_t worker) {
      for (size_t task;
           (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) {
        fn(task, worker);
      }
    });
  }

 private:
  using Section = void (*)(const void* fn, size_t worker);
  void RunErased(Section section, const void* fn);
  void WorkerLoop(size_t worker, int cpu);

  // Written by the caller before `generation_` is raised.
  Section section_ = nullptr;
  const void* fn_ = nullptr;
  bool stopping_ = false;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<uint32_t> running_{0};
  alignas(64) std::atomic<uint32_t> sleepers_{0};
  std::vector<std::thread> workers_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_RUN_WORKER_POOL_H_
