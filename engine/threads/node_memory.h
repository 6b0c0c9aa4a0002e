// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_THREADS_NODE_MEMORY_H_
#define KRAIT_ENGINE_THREADS_NODE_MEMORY_H_

#include <cstddef>

namespace krait::engine {

// Memory of NUMA nodes, by hwloc. What the system refuses costs speed only.
// Thread-safe.

// Moves the pages within [at, at + bytes) that are there and that only this
// process has mapped to node `node` (the operating system's index), and lets
// those to come lie there. Returns false if the system refused.
bool MoveToNode(const void* at, size_t bytes, int node);

// Lets the calling thread run on the cores of node `node` only.
bool BindThisThreadToNode(int node);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_THREADS_NODE_MEMORY_H_
