// SPDX-License-Identifier: Apache-2.0
// A fork-join pool for sections of a few microseconds.
//
// The caller publishes a section, opens `gate_` and raises `generation_`; a
// worker that spins sees it within a cache miss, enters (counts itself in at
// the gate) and takes what work is left. When the caller finds no more work it
// shuts the gate and waits for those inside. A worker that comes late finds
// the gate shut, or a later section, which is just as well.
//
// A worker that has spun for kSpins rounds without work sleeps on `generation_`
// (a futex), and the caller, seeing `sleepers_`, pays one system call to wake
// it.

#include "engine/threads/worker_pool.h"

#include <pthread.h>
#include <sched.h>

namespace krait::engine {
namespace {

// Some 100 microseconds: longer than the serial part between two sections of a
// forward pass, shorter than a user's thought.
constexpr int kSpins = 4000;

// While it waits for the workers inside, the caller yields its core now and
// then: one of them may need it.
constexpr int kSpinsBeforeYield = 1000;

constexpr uint32_t kOpen = uint32_t{1} << 31;

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

void EndWorkers(std::atomic<bool>* stopping, std::atomic<uint32_t>* generation,
                std::vector<std::thread>* threads) {
  stopping->store(true, std::memory_order_relaxed);
  generation->fetch_add(1, std::memory_order_release);
  generation->notify_all();
  for (std::thread& thread : *threads) thread.join();
}

}  // namespace

WorkerPool::WorkerPool(const ThreadPlan& plan)
    : claimed_(plan.slots.size() * kMaxPieces) {
  for (const ThreadPlan::Slot& slot : plan.slots) nodes_.push_back(slot.node);
  try {
    for (size_t worker = 1; worker < plan.slots.size(); ++worker) {
      threads_.emplace_back(&WorkerPool::WorkerLoop, this, worker,
                            plan.slots[worker].cpu);
    }
  } catch (...) {
    // Short of memory or of threads; whoever catches it has others to serve.
    EndWorkers(&stopping_, &generation_, &threads_);
    throw;
  }
}

WorkerPool::~WorkerPool() {
  EndWorkers(&stopping_, &generation_, &threads_);
}

void WorkerPool::ShareErased(Section section, const void* fn) {
  section_ = section;
  fn_ = fn;
  gate_.store(kOpen, std::memory_order_release);
  // seq_cst pairs with the sleeper's registration: either it sees the new
  // generation before it sleeps, or this thread sees it in `sleepers_`.
  generation_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) != 0) generation_.notify_all();
  section(fn, 0);
  gate_.fetch_and(~kOpen, std::memory_order_relaxed);
  for (int spins = 1; gate_.load(std::memory_order_acquire) != 0; ++spins) {
    CpuRelax();
    if (spins % kSpinsBeforeYield == 0) sched_yield();
  }
}

// Counts the worker in, unless the gate is shut.
bool WorkerPool::Enter() {
  uint32_t gate = gate_.load(std::memory_order_relaxed);
  while ((gate & kOpen) != 0) {
    if (gate_.compare_exchange_weak(gate, gate + 1, std::memory_order_acquire,
                                    std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void WorkerPool::WorkerLoop(size_t worker, int cpu) {
  PinThisThread(cpu);
  uint32_t seen = 0;
  while (true) {
    uint32_t now = 0;
    for (int spins = 0;
         (now = generation_.load(std::memory_order_acquire)) == seen;) {
      CpuRelax();
      if (++spins < kSpins) continue;
      sleepers_.fetch_add(1, std::memory_order_seq_cst);
      generation_.wait(seen, std::memory_order_seq_cst);
      sleepers_.fetch_sub(1, std::memory_order_relaxed);
      spins = 0;
    }
    seen = now;
    if (stopping_.load(std::memory_order_relaxed)) return;
    if (!Enter()) continue;
    section_(fn_, worker);
    gate_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace krait::engine
