// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_CONNECTION_H_
#define KRAIT_DAEMON_HTTP_CONNECTION_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>

namespace krait::daemon {

class HttpServer;

// One connection of an HTTP client, from its first request to its last. On the
// io thread only.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;

  // Returns when the connection has ended; it must live until then, and the
  // server, unless what runs it ends before.
  virtual boost::asio::awaitable<void> Serve() = 0;

  // Ends it at once; what is being answered is cancelled.
  virtual void Close() = 0;
  // Ends it once no request is being answered.
  virtual void CloseWhenIdle() = 0;
};

std::shared_ptr<HttpConnection> MakeHttpConnection(
    boost::asio::ip::tcp::socket socket, HttpServer& server);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_CONNECTION_H_
