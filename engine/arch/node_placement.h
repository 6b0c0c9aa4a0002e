// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_ARCH_NODE_PLACEMENT_H_
#define KRAIT_ENGINE_ARCH_NODE_PLACEMENT_H_

#include "engine/model/model_file.h"
#include "engine/threads/worker_pool.h"

namespace krait::engine {

// Shards the weights over the NUMA nodes of the pool's workers: the rows of a
// matrix that a worker multiplies when decoding come to lie in its node's
// memory, so that all nodes' memory is read at once. They stay in the page
// cache, mapped; what lay elsewhere is moved. For that they are read once.
// The calling thread, which is to be the pool's first worker, is bound to that
// one's node. Does nothing where all workers are on one node.
void PlaceOnNodes(const ModelFile& file, WorkerPool& pool);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_ARCH_NODE_PLACEMENT_H_
