// SPDX-License-Identifier: Apache-2.0
#include "daemon/io/frame_source.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/standard_error.h"
#include "lsp/frame.h"

namespace krait::daemon {

namespace asio = boost::asio;

asio::awaitable<void> ReadFrames(
    asio::posix::stream_descriptor& input,
    std::function<bool(const std::string& body)> on_body,
    lsp::FrameReader::OnSkipped on_skipped) {
  std::array<char, 65536> buffer;
  lsp::FrameReader reader;
  bool more = true;
  while (more) {
    const auto [error, bytes] = co_await input.async_read_some(
        asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (error) {
      if (!reader.AtBoundary()) {
        PrintError("the input ended inside a message");
      }
      co_return;
    }
    const auto consumed = reader.Consume(
        {buffer.data(), bytes},
        [&](const std::string& body) { more = more && on_body(body); },
        [&](const lsp::Glimpse& glimpse) {
          if (more) on_skipped(glimpse);
        });
    if (!consumed) {
      PrintError(consumed.error().message);
      co_return;
    }
  }
}

}  // namespace krait::daemon
