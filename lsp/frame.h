// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_FRAME_H_
#define KRAIT_LSP_FRAME_H_

// The base protocol: `Content-Length: 17\r\n\r\n` and 17 bytes of body.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lsp/error.h"
#include "lsp/glimpse.h"

namespace krait::lsp {

struct FrameLimits {
  size_t max_header_bytes = 4096;  // of the whole header
  size_t max_body_bytes = size_t{64} << 20;
  // Longer ones are no messages; skipping them would take for ever.
  size_t max_skipped_bytes = size_t{64} << 30;
};

// Cuts a stream of bytes into message bodies. Memory is bounded by the bytes
// that arrived, never by a length that was only announced. A body over the
// limit is skipped: only a glimpse of it is kept, and what follows is read as
// ever. Thread-compatible.
class FrameReader {
 public:
  using OnBody = std::function<void(std::string body)>;
  using OnSkipped = std::function<void(const Glimpse& glimpse)>;

  explicit FrameReader(FrameLimits limits = {}) : limits_(limits) {}

  // Takes the next bytes, split anywhere, and calls `on_body` for each body
  // they complete, `on_skipped` (which may be empty) for those over the limit.
  // An error means that the header is broken and so the borders
  // of all later messages are unknown: it is final, every later call returns
  // it again, and the connection should be closed.
  Status Consume(std::string_view bytes, const OnBody& on_body,
                 const OnSkipped& on_skipped = {});

  // Whether the stream may end here: not inside a message.
  bool AtBoundary() const {
    return !body_bytes_ && line_.empty() && !in_header_;
  }

 private:
  Status ConsumeHeader(std::string_view* bytes);
  Status HandleLine(std::string_view line);
  Status HandleLength(std::string_view value);
  void ConsumeBody(std::string_view* bytes, const OnBody& on_body);
  void SkipBody(std::string_view* bytes, const OnSkipped& on_skipped);

  FrameLimits limits_;
  std::optional<Error> broken_;
  std::string line_;                  // the header line so far
  size_t header_bytes_ = 0;           // of the header so far
  bool in_header_ = false;            // at least one line of it has been read
  std::optional<size_t> length_;      // Content-Length of the header being read
  std::optional<size_t> body_bytes_;  // length of the body being read
  std::string body_;
  size_t skipped_bytes_ = 0;
  Skimmer skimmer_;  // over a body that is skipped
};

// Why a message over the limit was not read.
Error TooLarge(const Glimpse& glimpse, const FrameLimits& limits = {});

// Returns `body` with its header.
std::string Frame(std::string_view body);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_FRAME_H_
