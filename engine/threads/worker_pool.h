// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_THREADS_WORKER_POOL_H_
#define KRAIT_ENGINE_THREADS_WORKER_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "engine/threads/topology.h"

namespace krait::engine {

// Threads pinned to cores that share out the work of one parallel section at a
// time, started and joined in about a microsecond while they are warm: between
// sections a worker spins for a short time, then sleeps. The thread that calls
// is worker 0 (and is not pinned).
//
// A worker that the operating system has put aside does not hold up a section
// that the others can do without it: whoever is free takes what is left, and
// the caller waits only for workers that have begun.
//
// Thread-compatible: one caller at a time. Functions passed in must not throw
// and must not call the pool.
class WorkerPool {
 public:
  // One worker per entry of `plan`; the first is the caller's.
  explicit WorkerPool(const ThreadPlan& plan);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  size_t size() const { return threads_.size() + 1; }
  // The NUMA node of each worker, by the plan.
  const std::vector<int>& nodes() const { return nodes_; }

  // Splits [0, total) into one contiguous range per worker, at multiples of
  // `grain`, and calls fn(begin, end, worker) once for each that is not empty,
  // where `worker` < size() is the one that does it: normally the same worker
  // for the same range, so that its pages and cache lines are near. The split
  // depends on total, grain and size() alone.
  template <class Fn>
  void ForRanges(size_t total, size_t grain, const Fn& fn) {
    const size_t units = (total + grain - 1) / grain;
    if (units <= 1 || size() == 1) {
      if (total != 0) fn(size_t{0}, total, size_t{0});
      return;
    }
    ForPieces(1, [&](size_t range, size_t worker) {
      const Range part = RangeOf(total, grain, range);
      if (part.begin < part.end) fn(part.begin, part.end, worker);
    });
  }

  // Calls fn(piece, worker) once for each of `pieces` (at most kMaxPieces) of
  // each worker: first its own, [worker * pieces, (worker + 1) * pieces), in
  // their order, then, from the last one back, those of others that nobody has
  // begun. So a slower core, or one that does other things, too, holds up the
  // others for a piece at most.
  static constexpr size_t kMaxPieces = 8;
  template <class Fn>
  void ForPieces(size_t pieces, const Fn& fn) {
    if (size() == 1) {
      for (size_t piece = 0; piece < pieces; ++piece) fn(piece, size_t{0});
      return;
    }
    for (size_t i = 0; i < size() * pieces; ++i) {
      claimed_[i].store(false, std::memory_order_relaxed);
    }
    Share([&](size_t worker) {
      const auto take = [&](size_t piece) {
        if (claimed_[piece].exchange(true, std::memory_order_relaxed)) return;
        fn(piece, worker);
      };
      for (size_t i = 0; i < pieces; ++i) take(worker * pieces + i);
      for (size_t other = 1; other < size(); ++other) {
        const size_t first = (worker + other) % size() * pieces;
        for (size_t i = pieces; i > 0; --i) take(first + i - 1);
      }
    });
  }

  // The part of ForRanges(total, grain, ...) that is normally `worker`'s; it
  // may be empty.
  struct Range {
    size_t begin;
    size_t end;
  };
  Range RangeOf(size_t total, size_t grain, size_t worker) const {
    return PieceOf(total, grain, worker, 1);
  }
  // The same, cut into `pieces` for each worker.
  Range PieceOf(size_t total, size_t grain, size_t piece, size_t pieces) const {
    const size_t units = (total + grain - 1) / grain;
    const size_t all = size() * pieces;
    const size_t begin = units * piece / all * grain;
    const size_t end = units * (piece + 1) / all * grain;
    return {begin, end < total ? end : total};
  }

  // Calls fn(task, worker) once for each task in [0, tasks), taken one by one
  // by whoever is free: for work of uneven length.
  template <class Fn>
  void ForTasks(size_t tasks, const Fn& fn) {
    if (tasks <= 1 || size() == 1) {
      for (size_t task = 0; task < tasks; ++task) fn(task, size_t{0});
      return;
    }
    std::atomic<size_t> next{0};
    Share([&](size_t worker) {
      for (size_t task;
           (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) {
        fn(task, worker);
      }
    });
  }

 private:
  using Section = void (*)(const void* fn, size_t worker);

  // Runs fn(worker) on the caller and on those workers that come in time; fn
  // must be such that any of them alone does all the work.
  template <class Fn>
  void Share(const Fn& fn) {
    ShareErased([](const void* f,
                   size_t worker) { (*static_cast<const Fn*>(f))(worker); },
                &fn);
  }
  void ShareErased(Section section, const void* fn);
  bool Enter();
  void WorkerLoop(size_t worker, int cpu);

  // What to run: written while the gate is shut and nobody is inside.
  Section section_ = nullptr;
  const void* fn_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::vector<std::atomic<bool>> claimed_;  // per piece of ForPieces
  // Counts sections; workers wait for it to change.
  alignas(64) std::atomic<uint32_t> generation_{0};
  // kOpen, plus the number of workers inside the section.
  alignas(64) std::atomic<uint32_t> gate_{0};
  alignas(64) std::atomic<uint32_t> sleepers_{0};
  std::vector<std::thread> threads_;
  std::vector<int> nodes_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_THREADS_WORKER_POOL_H_
