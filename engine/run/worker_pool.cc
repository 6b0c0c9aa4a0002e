// SPDX-License-Identifier: Apache-2.0
// A fork-join pool for sections of a few microseconds.
//
// The caller publishes a section by raising `generation_`; a worker that spins
// sees it within a cache miss. A worker that has spun for kSpins rounds without
// work sleeps on `generation_` (a futex), and the caller, seeing `sleepers_`,
// pays one system call to wake it. The caller works too, then spins until
// `running_` is zero: sections are short, and the only other thing that it
// could do is wait.

#include "engine/run/worker_pool.h"

#include <pthread.h>
#include <sched.h>

namespace krait::engine {
namespace {

// About 50 to 100 microseconds: longer than the serial part between two
// sections of a forward pass, shorter than a user's thought.
constexpr int kSpins = 4000;

// While waiting, yields the core now and then: on a machine with fewer free
// cores than workers the one that is waited for must get to run.
constexpr int kSpinsBeforeYield = 1 << 14;

void CpuRelax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void PinThisThread(int cpu) {
  if (cpu < 0 || cpu >= CPU_SETSIZE) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<size_t>(cpu), &set);
  // A refusal (a container that forbids it) costs speed only.
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

}  // namespace

WorkerPool::WorkerPool(const ThreadPlan& plan) {
  for (size_t worker = 1; worker < plan.slots.size(); ++worker) {
    workers_.emplace_back(&WorkerPool::WorkerLoop, this, worker,
                          plan.slots[worker].cpu);
  }
}

WorkerPool::~WorkerPool() {
  stopping_ = true;
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void WorkerPool::RunErased(Section section, const void* fn) {
  if (workers_.empty()) return section(fn, 0);
  section_ = section;
  fn_ = fn;
  running_.store(static_cast<uint32_t>(workers_.size()),
                 std::memory_order_relaxed);
  // seq_cst pairs with the sleeper's registration: either it sees the new
  // generation before it sleeps, or this thread sees it in `sleepers_`.
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) != 0) generation_.notify_all();
  section(fn, 0);
  for (int spins = 0; running_.load(std::memory_order_acquire) != 0; ++spins) {
    CpuRelax();
    if (spins >= kSpinsBeforeYield) sched_yield();
  }
}

void WorkerPool::WorkerLoop(size_t worker, int cpu) {
  PinThisThread(cpu);
  uint32_t seen = 0;
  while (true) {
    int spins = 0;
    while (generation_.load(std::memory_order_acquire) == seen) {
      CpuRelax();
      if (++spins < kSpins) continue;
      sleepers_.fetch_add(1, std::memory_order_seq_cst);
      generation_.wait(seen, std::memory_order_seq_cst);
      sleepers_.fetch_sub(1, std::memory_order_relaxed);
      spins = 0;
    }
    ++seen;
    if (stopping_) return;
    section_(fn_, worker);
    running_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace krait::engine
