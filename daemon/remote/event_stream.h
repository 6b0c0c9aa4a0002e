// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_REMOTE_EVENT_STREAM_H_
#define KRAIT_DAEMON_REMOTE_EVENT_STREAM_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace krait::remote {

// Cuts a stream of server-sent events (text/event-stream, as the HTML standard
// has it) into what they say. Names, ids and comments are of no use here.
class EventStream {
 public:
  // The longest line, and the longest event.
  static constexpr size_t kMaxBytes = size_t{1} << 20;

  // Gets the data of one event; lines are joined with \n. An error ends the
  // stream.
  using OnEvent = std::function<base::Status(std::string_view data)>;

  explicit EventStream(OnEvent on_event) : on_event_(std::move(on_event)) {}

  // Takes the next bytes, cut anywhere. kBadFile: more than kMaxBytes without
  // an end.
  base::Status Add(std::string_view bytes);
  // There are no more: what stands behind the last line's end is a line.
  base::Status Finish();

 private:
  base::Status AddLine(std::string_view line);
  base::Status EndEvent();

  const OnEvent on_event_;
  std::string line_;  // its begin
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  // the \n of \r\n is no line
};

}  // namespace krait::remote

#endif  // KRAIT_DAEMON_REMOTE_EVENT_STREAM_H_
