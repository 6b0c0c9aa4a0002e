// SPDX-License-Identifier: Apache-2.0
// One worker a core: of those that this thread may use (affinity, cpuset), and
// where cores differ, of the fastest kind; no more than the control group's
// quota gives time for. They are pinned if there is a core for each, on the
// machine that hwloc describes.

#include "engine/threads/topology.h"

#include <fmt/format.h>
#include <hwloc.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "engine/threads/thread_choice.h"

namespace krait::engine {
namespace {

struct FreeTopology {
  void operator()(hwloc_topology_t topology) const {
    hwloc_topology_destroy(topology);
  }
};
using Topology =
    std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, FreeTopology>;

// Returns null if hwloc cannot read the machine (and then krait runs unpinned).
Topology LoadTopology() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return nullptr;
  Topology topology(raw);
  if (hwloc_topology_load(raw) != 0) return nullptr;
  return topology;
}

int NodeOf(hwloc_obj_t object) {
  const int node = hwloc_bitmap_first(object->nodeset);
  return node < 0 ? 0 : node;
}

// A synthetic topology describes another machine: its CPU numbers must not be
// pinned to on this one.
bool IsThisMachine(hwloc_topology_t topology) {
  return hwloc_topology_is_thissystem(topology) != 0;
}

// Takes away from `cpus` those that the calling thread must not use.
void KeepAffinity(hwloc_topology_t topology, hwloc_bitmap_t cpus) {
  if (!IsThisMachine(topology)) return;
  hwloc_bitmap_t own = hwloc_bitmap_alloc();
  if (hwloc_get_cpubind(topology, own, HWLOC_CPUBIND_THREAD) == 0 &&
      hwloc_bitmap_intersects(cpus, own) != 0) {
    hwloc_bitmap_and(cpus, cpus, own);
  }
  hwloc_bitmap_free(own);
}

// Returns the slots of all cores, one logical CPU each, in the machine's order:
// the fastest kind of core only, where hwloc knows kinds.
std::vector<ThreadPlan::Slot> CoreSlots(hwloc_topology_t topology) {
  hwloc_bitmap_t fast =
      hwloc_bitmap_dup(hwloc_topology_get_allowed_cpuset(topology));
  KeepAffinity(topology, fast);
  const int kinds = hwloc_cpukinds_get_nr(topology, 0);
  if (kinds > 1) {  // sorted by efficiency: the last is the fastest
    hwloc_bitmap_t kind = hwloc_bitmap_alloc();
    if (hwloc_cpukinds_get_info(topology, static_cast<unsigned>(kinds - 1),
                                kind, nullptr, nullptr, nullptr, 0) == 0 &&
        hwloc_bitmap_intersects(fast, kind) != 0) {
      hwloc_bitmap_and(fast, fast, kind);
    }
    hwloc_bitmap_free(kind);
  }
  std::vector<ThreadPlan::Slot> slots;
  const int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
  for (int i = 0; i < cores; ++i) {
    hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE,
                                             static_cast<unsigned>(i));
    hwloc_bitmap_t cpus = hwloc_bitmap_dup(core->cpuset);
    hwloc_bitmap_and(cpus, cpus, fast);
    const int cpu = hwloc_bitmap_first(cpus);
    hwloc_bitmap_free(cpus);
    if (cpu >= 0) slots.push_back({cpu, NodeOf(core)});
  }
  hwloc_bitmap_free(fast);
  return slots;
}

size_t CountOf(hwloc_topology_t topology, hwloc_obj_type_t type) {
  return static_cast<size_t>(
      std::max(0, hwloc_get_nbobjs_by_type(topology, type)));
}

std::string Counted(size_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string CacheSize(hwloc_topology_t topology, hwloc_obj_type_t type,
                      std::string_view name) {
  hwloc_obj_t cache = hwloc_get_obj_by_type(topology, type, 0);
  if (cache == nullptr || cache->attr == nullptr) return "";
  const auto bytes = cache->attr->cache.size;
  if (bytes >= 16 << 20) return fmt::format(", {} {} MiB", name, bytes >> 20);
  return fmt::format(", {} {} KiB", name, bytes >> 10);
}

}  // namespace

ThreadChoice ChooseThreads(size_t wanted, std::optional<double> cpu_quota) {
  if (wanted != 0) return {.threads = wanted, .why = "as set"};
  ThreadChoice choice{.threads = 1, .why = "one per core"};
  if (const Topology topology = LoadTopology()) {
    const size_t cores = CountOf(topology.get(), HWLOC_OBJ_CORE);
    choice.threads = std::max<size_t>(1, CoreSlots(topology.get()).size());
    if (choice.threads < cores) {
      choice.why = fmt::format(
          "one per core, of the {} of {} that this process may use (CPU "
          "affinity, cpuset, or the fastest kind)",
          choice.threads, cores);
    }
  }
  if (cpu_quota &&
      std::ceil(*cpu_quota) < static_cast<double>(choice.threads)) {
    choice.threads =
        std::max<size_t>(1, static_cast<size_t>(std::ceil(*cpu_quota)));
    choice.why = fmt::format("the control group allows the time of {:.2g} CPUs",
                             *cpu_quota);
  }
  return choice;
}

ThreadPlan PlanThreads(size_t threads) {
  threads = ChooseThreads(threads).threads;
  ThreadPlan plan;
  bool pin = false;
  if (Topology topology = LoadTopology()) {
    plan.slots = CoreSlots(topology.get());
    pin = IsThisMachine(topology.get());
  }
  if (threads > plan.slots.size()) pin = false;  // more threads than cores
  plan.slots.resize(threads);
  if (!pin) {
    for (ThreadPlan::Slot& slot : plan.slots) slot.cpu = -1;
  }
  return plan;
}

std::string DescribeTopology() {
  const Topology topology = LoadTopology();
  if (topology == nullptr) return "unknown (hwloc cannot read this machine)";
  hwloc_topology_t t = topology.get();
  return Counted(CountOf(t, HWLOC_OBJ_PACKAGE), "package") + ", " +
         Counted(CountOf(t, HWLOC_OBJ_NUMANODE), "NUMA node") + ", " +
         Counted(CountOf(t, HWLOC_OBJ_CORE), "core") + ", " +
         Counted(CountOf(t, HWLOC_OBJ_PU), "thread") +
         CacheSize(t, HWLOC_OBJ_L2CACHE, "L2") +
         CacheSize(t, HWLOC_OBJ_L3CACHE, "L3");
}

}  // namespace krait::engine
