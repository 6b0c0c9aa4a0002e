// SPDX-License-Identifier: Apache-2.0
#include "engine/threads/node_memory.h"

#include <hwloc.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <type_traits>

namespace krait::engine {
namespace {

struct FreeNodeTopology {
  void operator()(hwloc_topology_t topology) const {
    hwloc_topology_destroy(topology);
  }
};
using NodeTopology =
    std::unique_ptr<std::remove_pointer_t<hwloc_topology_t>, FreeNodeTopology>;

// Of this machine, read once; null if hwloc cannot.
hwloc_topology_t Machine() {
  static const NodeTopology topology = [] {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) return NodeTopology();
    NodeTopology loaded(raw);
    if (hwloc_topology_load(raw) != 0) loaded.reset();
    return loaded;
  }();
  return topology.get();
}

hwloc_obj_t FindNode(int node) {
  if (Machine() == nullptr || node < 0) return nullptr;
  return hwloc_get_numanode_obj_by_os_index(Machine(),
                                            static_cast<unsigned>(node));
}

}  // namespace

bool MoveToNode(const void* at, size_t bytes, int node) {
  hwloc_obj_t object = FindNode(node);
  if (object == nullptr) return false;
  // Whole pages: what two nodes share stays where it is.
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<uintptr_t>(at);
  const uintptr_t begin = (address + page - 1) / page * page;
  const uintptr_t end = (address + bytes) / page * page;
  if (begin >= end) return true;
  return hwloc_set_area_membind(
             Machine(), reinterpret_cast<const void*>(begin), end - begin,
             object->nodeset, HWLOC_MEMBIND_BIND,
             HWLOC_MEMBIND_BYNODESET | HWLOC_MEMBIND_MIGRATE) == 0;
}

bool BindThisThreadToNode(int node) {
  hwloc_obj_t object = FindNode(node);
  return object != nullptr && hwloc_set_cpubind(Machine(), object->cpuset,
                                                HWLOC_CPUBIND_THREAD) == 0;
}

}  // namespace krait::engine
