// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_STATE_FILE_H_
#define KRAIT_ENGINE_STATE_STATE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/error.h"
#include "engine/file/token.h"
#include "engine/model/fingerprint.h"
#include "engine/state/state_codec.h"
#include "engine/state/state_store.h"

namespace krait::engine {

// A warm sequence in a file: a header, the files that it was read from, the
// tokens, the snapshot, what attention keeps of the tokens before it, and the
// rows of the blocks since. Little-endian; parts begin on multiples of 64
// bytes. Two checksums: of the header with the origins, so that these can be
// told without reading the rest, and of all that follows.

// Raised with each change of the format, and kNumericsVersion with it, so that
// versions of krait do not delete each other's.
inline constexpr uint8_t kStateFileVersion = 2;

// The file's content, checked for consistency with itself.
struct StateFileView {
  Fingerprint model;
  std::vector<std::string> origins;
  std::vector<TokenId> tokens;
  size_t snapshot_position = 0;
  std::span<const float> snapshot;  // empty if the model has none
  // What attention keeps of the tokens before the snapshot.
  std::span<const float> kv_before;
  std::span<const float> rows;  // of the tokens after snapshot_position
};

// `name` begins error messages. Checks magic, version, sizes and checksums.
// `bytes` must begin on a multiple of 64.
Result<StateFileView> ParseStateFile(std::string_view bytes,
                                     const std::string& name);

// Makes what the store keeps out of a file's content, of the model that it was
// written for. Copies what it takes.
Result<ResumePoint> MakeResumePoint(const StateFileView& view,
                                    const StateCodec& codec,
                                    const std::string& name);

// Reads a file into memory, not mapping it, as somebody may cut it short.
// kBadFile: it is damaged.
Result<StateStore::Sequence> ReadStateFile(const std::filesystem::path& path,
                                           const Fingerprint& fingerprint,
                                           const StateCodec& codec);

// Reads only which files a saved state is of.
Result<std::vector<std::string>> ReadStateOrigins(
    const std::filesystem::path& path);

// Writes a sequence beside `path` and renames it into place, so that a file is
// whole or not there, but after a loss of power, which the checksums show.
// Another thread may go on with states that share the pieces.
Status WriteStateFile(const std::filesystem::path& path,
                      const Fingerprint& model,
                      const StateStore::Sequence& sequence,
                      std::stop_token stop = {});

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_STATE_FILE_H_
