// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_IO_FRAME_SOURCE_H_
#define KRAIT_DAEMON_IO_FRAME_SOURCE_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>

#include "lsp/frame.h"

namespace krait::daemon {

// Reads frames from an editor and calls `on_body` for each, until that returns
// false, and `on_skipped` for each that was over the limit. Comes back earlier
// if the input ends or is malformed; standard error then says so, unless it
// ended between two frames. `input` must outlive it.
boost::asio::awaitable<void> ReadFrames(
    boost::asio::posix::stream_descriptor& input,
    std::function<bool(const std::string& body)> on_body,
    lsp::FrameReader::OnSkipped on_skipped);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_IO_FRAME_SOURCE_H_
