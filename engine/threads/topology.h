// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_THREADS_TOPOLOGY_H_
#define KRAIT_ENGINE_THREADS_TOPOLOGY_H_

#include <cstddef>
#include <string>
#include <vector>

namespace krait::engine {

// Where the workers of a pool run: one logical CPU (operating system index)
// each, neighbours in the list being neighbours on the machine, grouped by
// NUMA node.
struct ThreadPlan {
  struct Slot {
    int cpu = -1;  // -1: not pinned
    int node = 0;  // NUMA node, operating system index
  };
  std::vector<Slot> slots;
};

// Plans `threads` workers (0: one per core of the fastest kind, no more than
// the group's CPU quota, see thread_choice.h) on the CPUs that this thread may
// use: affinity and cpuset, read through hwloc (which honours HWLOC_SYNTHETIC).
// Asking for more threads than there are cores gives unpinned ones.
ThreadPlan PlanThreads(size_t threads);

// Returns a sentence for `krait doctor`: "1 package, 1 NUMA node, 2 cores, 2
// threads, L2 2048 KiB, L3 300 MiB".
std::string DescribeTopology();

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_THREADS_TOPOLOGY_H_
