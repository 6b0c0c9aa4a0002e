// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_FILE_H_
#define KRAIT_ENGINE_STATE_STATE_FILE_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/model/fingerprint.h"
#include "engine/model/model.h"
#include "engine/model/token.h"
#include "engine/state/state_store.h"

namespace krait::engine {

// A warm sequence in a file: a header, the tokens, the snapshot, and the rows
// of the blocks since. Little-endian; parts begin on multiples of 64 bytes, so
// that a mapped snapshot is used where it lies.

// The file's content, checked for consistency with itself.
struct StateFileView {
  Fingerprint model;
  std::vector<TokenId> tokens;
  size_t snapshot_position = 0;
  std::span<const float> snapshot;  // empty if the model has none
  std::span<const float> rows;      // of the tokens after snapshot_position
};

// `name` begins error messages. Checks magic, version, sizes and checksum.
Result<StateFileView> ParseStateFile(std::string_view bytes,
                                     const std::string& name);

// Makes what the store keeps out of a file's content, of the model that it was
// written for. The snapshot stays where it is, kept alive by `keeper`.
Result<ResumePoint> MakeResumePoint(const StateFileView& view,
                                    const Model& model,
                                    std::shared_ptr<const void> keeper,
                                    const std::string& name);

// Writes a sequence beside `path` and renames it into place, so that a file is
// whole or not there.
Status WriteStateFile(const std::filesystem::path& path,
                      const Fingerprint& model, std::span<const TokenId> tokens,
                      const ResumePoint& point);

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_FILE_H_
