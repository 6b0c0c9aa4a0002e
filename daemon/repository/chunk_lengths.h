// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REPOSITORY_CHUNK_LENGTHS_H_
#define KRAIT_DAEMON_REPOSITORY_CHUNK_LENGTHS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/repository/sqlite.h"

namespace krait::repository {

// About how many different terms a chunk has (to an eighth or so), as a byte.
char LengthByte(size_t terms);

// The lengths of an index's chunks in memory, a byte each; those of chunks that
// come later are not in it. Thread-compatible.
class ChunkLengths {
 public:
  // Reads them from an index.
  static base::Result<ChunkLengths> Load(Database* database);

  // Returns how many terms a chunk has; 0: it is gone, kUsual: it came later.
  double Of(int64_t number) const {
    const auto at = static_cast<size_t>(number);
    return at < lengths_.size() ? lengths_[at] : kUsual;
  }

  static constexpr float kUsual = 50;

 private:
  std::vector<float> lengths_;  // by number
};

}  // namespace krait::repository

#endif  // KRAIT_DAEMON_REPOSITORY_CHUNK_LENGTHS_H_
