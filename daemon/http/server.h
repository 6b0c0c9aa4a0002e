// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HTTP_SERVER_H_
#define KRAIT_DAEMON_HTTP_SERVER_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/config/listen_address.h"
#include "daemon/host/completion_host.h"
#include "daemon/http/access.h"
#include "daemon/http/dialect.h"
#include "daemon/http/slow_thread.h"
#include "daemon/http/text_documents.h"
#include "daemon/http/text_queue.h"
#include "daemon/repository_encoder.h"

namespace krait::daemon {

class HttpConnection;
class HttpListener;

// What HTTP may cost.
struct HttpLimits {
  size_t connections = 1400;
  size_t header_bytes = size_t{16} << 10;
  size_t body_bytes = size_t{4} << 20;
  // Of all requests that are being received or read, together.
  size_t all_body_bytes = size_t{64} << 20;
  // Bytes of an answer that its client does not read.
  size_t unread_bytes = size_t{4} << 20;
  std::chrono::milliseconds of_header = std::chrono::seconds(10);
  std::chrono::milliseconds of_body = std::chrono::seconds(30);
  std::chrono::milliseconds of_write = std::chrono::seconds(30);
  std::chrono::milliseconds idle = std::chrono::seconds(75);
  size_t slow_waiting = 16;  // that wait for files
  TextQueueLimits texts = {};
};

struct HttpOptions {
  bool token_always = false;
  std::vector<std::string> origins = {};
  completion::WindowLimits window = {};  // of places
  bool file_memory = true;
  RepositoryAccess repositories = {};
  HttpLimits limits = {};
};

// Answers programs that speak HTTP in the dialects of other servers, with the
// model, the warm states and the queue that editors have. All on the io thread,
// but for what takes time: requests are read, and tokens made of them, on a
// thread beside it.
class HttpServer {
 public:
  // `host` and `io` must outlive it; what still waits in `io` when it ends does
  // nothing any more.
  HttpServer(boost::asio::io_context& io, CompletionHost& host,
             HttpOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens as long as the lease lives; several leases of one address share it.
  struct Listening {
    std::string address;                // with the port that it came to
    std::shared_ptr<const void> lease;  // let go of on the io thread
  };
  using OnListening = std::function<void(base::Result<Listening>)>;
  // Calls back on the io thread.
  void Listen(const ListenAddress& address, OnListening done);

  // No new connections; those that there are end with their answers.
  void Drain();
  // Ends all.
  void Stop();

  size_t num_connections() const { return connections_.size(); }
  // Where it listens.
  std::vector<std::string> addresses() const;

  // For its connections -------------------------------------------------------

  const HttpLimits& limits() const { return options_.limits; }
  boost::asio::thread_pool& reader() { return reader_; }
  SlowThread& slow() { return slow_; }
  bool draining() const { return draining_; }

  // Counts a request and says whether it may be answered; the reply that says
  // why not, otherwise.
  std::optional<HttpReply> Refuse(const HttpRequest& request,
                                  const FoundRoute& found, bool own);
  // Adds what every answer to the request has.
  void Complete(const HttpRequest& request, HttpReply* reply) const {
    AddCrossOrigin(request, rules_, reply);
  }
  HttpView ViewFor(const HttpRequest& request);
  // On the reader's thread: what a route makes of a request, a text with its
  // document and window.
  base::Result<HttpWork> Read(const Route& route, const HttpRequest& request,
                              const HttpView& view, std::string* document);
  // On the reader's thread: gives a work's text its document and its window.
  void Place(TextWork* work, std::string* document);
  TextQueue& texts() { return texts_; }

  // Takes so many bytes of what bodies may have; false: there are not as many.
  // They are given back when the lease ends, which may outlive the server.
  bool ReserveBody(size_t bytes, std::shared_ptr<const void>* lease);
  void CountRefused() { ++refused_; }

 private:
  friend class HttpListener;

  void Open(const ListenAddress& address, const OnListening& done);
  void Admit(boost::asio::ip::tcp::socket socket);
  base::Result<std::shared_ptr<HttpListener>> ListenAt(
      const std::string& address, uint16_t port);

  boost::asio::io_context& io_;
  CompletionHost& host_;
  const HttpOptions options_;
  AccessRules rules_;  // once the token is known
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const std::shared_ptr<size_t> body_bytes_ = std::make_shared<size_t>(0);
  TextQueue texts_;
  TextDocuments documents_;  // the reader's thread
  const std::shared_ptr<const RepositoryAccess> repositories_;
  std::map<std::string, std::weak_ptr<HttpListener>> listeners_;
  std::map<uint64_t, std::shared_ptr<HttpConnection>> connections_;
  uint64_t next_connection_ = 1;
  size_t requests_ = 0;
  size_t refused_ = 0;
  bool draining_ = false;
  std::mt19937_64 random_;
  SlowThread slow_;
  boost::asio::thread_pool reader_{1};  // first to end
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HTTP_SERVER_H_
