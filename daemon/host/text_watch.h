// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_TEXT_WATCH_H_
#define KRAIT_DAEMON_HOST_TEXT_WATCH_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/completion/generator/generator.h"
#include "daemon/host/text_request.h"

namespace krait::daemon {

// Watches one generation for where a TextRequest wants it to end, and says how
// much of it can be shown meanwhile: what may yet turn out to be the begin of a
// stop word is not. Thread-compatible.
class TextWatch {
 public:
  using Clock = completion::Clock;

  // `request` must outlive it.
  explicit TextWatch(const TextRequest& request) : request_(request) {}

  // Returns whether it is to go on.
  bool OnPiece(const completion::Piece& piece, Clock::time_point now);
  // It ended by itself.
  void End(TextEnd end);

  bool begun() const { return begun_.has_value(); }

  // What can be shown and was not taken yet; its text may be empty.
  TextDelta Take(size_t choice);

  // What it came to, in the end.
  TextChoice Finish();

 private:
  bool EndsAtStopWord(size_t old_size);
  bool EndsAtIndentation();
  bool StopAt(size_t size, TextEnd end);
  size_t Ready() const;

  const TextRequest& request_;
  TextChoice choice_;
  std::optional<Clock::time_point> begun_;  // when the first piece came
  bool ended_ = false;
  size_t line_ = 0;      // where the last line begins
  bool in_line_ = true;  // its indentation is known, or does not count
  size_t taken_ = 0;     // bytes
  size_t taken_pieces_ = 0;
  size_t taken_piece_bytes_ = 0;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_TEXT_WATCH_H_
