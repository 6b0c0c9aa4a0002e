// SPDX-License-Identifier: Apache-2.0
//
// The only source that knows Beast: it reads requests, strictly, as what is
// between a proxy's reading and ours is how requests are smuggled. Answers are
// written by hand.
//
// What does not come or go in time is closed by the stream itself.
//
// While a request is answered nobody reads from the socket, but it is watched
// for its end: clients that want no answer any more just hang up.
#include "daemon/http/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <chrono>
#include <deque>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "base/result.h"
#include "daemon/http/dialect.h"
#include "daemon/http/message.h"
#include "daemon/http/peer_owner.h"
#include "daemon/http/server.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto kUseTuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t kReadBytes = 8192;
// How often a socket is looked at whose next request has come already.
constexpr auto kLookEvery = std::chrono::milliseconds(20);
// What is left of a request that was refused is read for so long, or the client
// would not see why.
constexpr auto kLinger = std::chrono::milliseconds(500);
constexpr size_t kMostLingerBytes = size_t{8} << 20;

SocketEnd EndOf(const tcp::endpoint& endpoint) {
  const auto bytes_of = [](const auto& bytes) {
    return std::string(bytes.begin(), bytes.end());
  };
  const asio::ip::address& address = endpoint.address();
  return {.address = address.is_v4() ? bytes_of(address.to_v4().to_bytes())
                                     : bytes_of(address.to_v6().to_bytes()),
          .port = endpoint.port()};
}

// What krait looks at. Of fields that come twice all counts.
HttpRequest RequestOf(const http::request<http::string_body>& message) {
  HttpRequest request;
  request.method = message.method_string();
  request.path = PathOfTarget(message.target());
  const auto add = [](std::string* value, std::string_view text) {
    if (!value->empty()) *value += ",";
    *value += text;
  };
  for (const auto& field : message.base()) {
    const auto is = [&field](std::string_view name) {
      return beast::iequals(field.name_string(), name);
    };
    if (is("accept")) add(&request.accept, field.value());
    if (is("host")) add(&request.host, field.value());
    if (is("origin")) add(&request.origin, field.value());
    if (is("authorization")) add(&request.authorization, field.value());
    if (is("x-api-key")) add(&request.api_key, field.value());
    if (is("sec-fetch-site")) add(&request.fetch_site, field.value());
    if (is("access-control-request-method")) {
      add(&request.requested_method, field.value());
    }
    request.forwarded |= is("forwarded") || is("via") || is("x-forwarded-for");
  }
  return request;
}

// An answer under way, which callbacks of the model add to.
struct Exchange {
  explicit Exchange(const asio::any_io_executor& executor) : wake(executor) {
    wake.expires_at(std::chrono::steady_clock::time_point::max());
  }

  void Add(std::string bytes) {
    unread_bytes += bytes.size();
    parts.push_back(std::move(bytes));
    wake.cancel();
  }
  void Cancel() {
    gone = true;
    stop.request_stop();
    wake.cancel();
  }

  asio::steady_timer wake;  // rests until there is something new
  std::stop_source stop;
  std::deque<std::string> parts;  // of the body
  size_t unread_bytes = 0;
  std::optional<base::Result<TextAnswer>> answer;
  bool ready = false;  // what had to be made before there can be one
  bool gone = false;   // nobody reads it any more
};

class BeastConnection final
    : public HttpConnection,
      public std::enable_shared_from_this<BeastConnection> {
 public:
  using Parser = http::request_parser<http::string_body>;

  BeastConnection(tcp::socket socket, HttpServer& server)
      : server_(server),
        stream_(std::move(socket)),
        look_(stream_.get_executor()) {
    stream_.socket().set_option(tcp::no_delay(true), ignored_);
  }

  asio::awaitable<void> Serve() override;
  void Close() override {
    if (exchange_ != nullptr) exchange_->Cancel();
    stream_.socket().close(ignored_);
  }
  void CloseWhenIdle() override {
    last_ = true;
    if (!answering_) Close();
  }

 private:
  asio::awaitable<void> FindOwner();
  // Reads a request; false: there is none, and the connection is over.
  asio::awaitable<bool> Read(HttpRequest* request);
  asio::awaitable<bool> ReadHead(Parser* parser);
  asio::awaitable<bool> ReadRest(Parser* parser);
  asio::awaitable<void> Answer(const HttpRequest& request);
  // Makes of what takes long what is ready, or an error. False: the client has
  // gone, or got its reply.
  asio::awaitable<bool> MakeReady(const HttpRequest& request,
                                  const Dialect& dialect,
                                  base::Result<HttpWork>* work);
  asio::awaitable<void> AnswerText(const HttpRequest& request,
                                   const Dialect& dialect, TextWork* work,
                                   const std::string& document);
  asio::awaitable<void> Stream(const HttpRequest& request,
                               const Dialect& dialect, AnswerWriter& writer);
  asio::awaitable<bool> BeginStream(const HttpRequest& request,
                                    std::string_view type);

  // What it sends is the caller's until it returns: GCC 12 destroys temporaries
  // twice that are arguments of a coroutine.
  asio::awaitable<void> Reply(const HttpRequest& request, HttpReply* reply);
  // Says why a request cannot be read, and ends the connection.
  asio::awaitable<bool> Reject(unsigned status, std::string_view message);
  asio::awaitable<bool> Write(std::string_view bytes);
  asio::awaitable<void> Linger();

  void WatchForEnd();
  void LookForEnd();
  void StopWatching();

  HttpServer& server_;
  beast::tcp_stream stream_;
  asio::steady_timer look_;
  beast::flat_buffer buffer_{size_t{256} << 10};
  boost::system::error_code ignored_;
  bool own_ = false;    // the program at the other end is this user's
  bool last_ = false;   // the connection ends with this request
  bool chunks_ = true;  // the client knows them
  bool answering_ = false;
  // Of the request that was read last.
  FoundRoute found_;
  std::optional<HttpReply> refused_;
  std::shared_ptr<const void> body_lease_;
  std::shared_ptr<Exchange> exchange_;
};

// Requests --------------------------------------------------------------------

asio::awaitable<void> BeastConnection::Serve() {
  co_await FindOwner();
  HttpRequest request;
  while (stream_.socket().is_open() && co_await Read(&request)) {
    answering_ = true;
    co_await Answer(request);
    answering_ = false;
    body_lease_.reset();
    request = {};
    if (last_ || server_.draining()) break;
  }
  stream_.socket().shutdown(tcp::socket::shutdown_both, ignored_);
  stream_.socket().close(ignored_);
}

asio::awaitable<void> BeastConnection::FindOwner() {
  boost::system::error_code error;
  const tcp::endpoint peer = stream_.socket().remote_endpoint(error);
  const tcp::endpoint here = stream_.socket().local_endpoint(error);
  if (error) co_return;
  std::optional<uid_t> owner;
  const auto look = [&owner, from = EndOf(peer),
                     to = EndOf(here)]() -> asio::awaitable<void> {
    owner = OwnerOf(from, to);
    co_return;
  };
  co_await asio::co_spawn(server_.reader(), look, asio::use_awaitable);
  own_ = owner && *owner == geteuid();
}

asio::awaitable<bool> BeastConnection::Read(HttpRequest* request) {
  Parser parser;
  parser.header_limit(static_cast<uint32_t>(server_.limits().header_bytes));
  parser.body_limit(server_.limits().body_bytes);
  if (!co_await ReadHead(&parser)) co_return false;
  const auto& message = parser.get();
  chunks_ = message.version() >= 11;
  last_ = !parser.keep_alive();
  *request = RequestOf(message);
  if (message.version() != 11 && message.version() != 10) {
    co_return co_await Reject(505, "expected HTTP/1.1");
  }
  if (request->path.empty()) {
    co_return co_await Reject(400, "the target is no path");
  }
  // Before anything of a stranger's body is taken.
  found_ = FindRoute(request->method, request->path);
  refused_ = server_.Refuse(*request, found_, own_);
  if (refused_ && !parser.is_done()) {
    last_ = true;
    co_await Reply(*request, &*refused_);
    co_await Linger();
    co_return false;
  }
  if (!co_await ReadRest(&parser)) co_return false;
  request->body = std::move(parser.get().body());
  co_return true;
}

asio::awaitable<bool> BeastConnection::ReadHead(Parser* parser) {
  if (buffer_.size() == 0) {
    stream_.expires_after(server_.limits().idle);
    const auto [error, bytes] = co_await stream_.async_read_some(
        buffer_.prepare(kReadBytes), kUseTuple);
    if (error) co_return false;
    buffer_.commit(bytes);
  }
  stream_.expires_after(server_.limits().of_header);
  const auto [error, bytes] =
      co_await http::async_read_header(stream_, buffer_, *parser, kUseTuple);
  if (!error) co_return true;
  if (error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    co_return co_await Reject(431, "the header is too long");
  }
  if (error == http::error::body_limit) {
    co_return co_await Reject(413, "the body is too long");
  }
  if (error.category() ==
          http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream &&
      error != http::error::partial_message) {
    const std::string message = "malformed request: " + error.message();
    co_return co_await Reject(400, message);
  }
  co_return false;
}

asio::awaitable<bool> BeastConnection::ReadRest(Parser* parser) {
  const HttpLimits& limits = server_.limits();
  const auto length = parser->content_length();
  if (length && *length > limits.body_bytes) {
    co_return co_await Reject(413, "the body is too long");
  }
  const size_t bytes = length              ? static_cast<size_t>(*length)
                       : parser->chunked() ? limits.body_bytes
                                           : 0;
  if (!server_.ReserveBody(bytes, &body_lease_)) {
    co_return co_await Reject(503, "too many requests are being received");
  }
  if (beast::iequals(parser->get()[http::field::expect], "100-continue") &&
      !co_await Write("HTTP/1.1 100 Continue\r\n\r\n")) {
    co_return false;
  }
  if (parser->is_done()) co_return true;
  stream_.expires_after(limits.of_body);
  const auto [error, read] =
      co_await http::async_read(stream_, buffer_, *parser, kUseTuple);
  if (!error) co_return true;
  if (error == http::error::body_limit) {
    co_return co_await Reject(413, "the body is too long");
  }
  if (error.category() ==
          http::make_error_code(http::error::bad_method).category() &&
      error != http::error::partial_message) {
    const std::string message = "malformed request: " + error.message();
    co_return co_await Reject(400, message);
  }
  co_return false;
}

// Answers ---------------------------------------------------------------------

asio::awaitable<void> BeastConnection::Answer(const HttpRequest& request) {
  if (refused_) {
    co_await Reply(request, &*refused_);
    co_return;
  }
  const HttpView view = server_.ViewFor(request);
  base::Result<HttpWork> work = HttpWork();
  std::string document;
  const auto read = [&]() -> asio::awaitable<void> {
    work = server_.Read(*found_.route, request, view, &document);
    co_return;
  };
  co_await asio::co_spawn(server_.reader(), read, asio::use_awaitable);
  const Dialect& dialect = *found_.dialect;
  if (work && std::holds_alternative<SlowWork>(*work) &&
      !co_await MakeReady(request, dialect, &work)) {
    co_return;
  }
  if (!work) {
    server_.CountRefused();
    HttpReply reply = ErrorReply(&dialect, StatusOf(dialect, work.error()),
                                 work.error().message);
    co_await Reply(request, &reply);
  } else if (auto* const reply = std::get_if<HttpReply>(&*work)) {
    co_await Reply(request, reply);
  } else {
    if (document.empty()) server_.Place(&std::get<TextWork>(*work), &document);
    co_await AnswerText(request, dialect, &std::get<TextWork>(*work), document);
  }
}

asio::awaitable<bool> BeastConnection::MakeReady(const HttpRequest& request,
                                                 const Dialect& dialect,
                                                 base::Result<HttpWork>* work) {
  const auto exchange = std::make_shared<Exchange>(stream_.get_executor());
  const auto outcome =
      std::make_shared<std::optional<base::Result<ReadyWork>>>();
  exchange_ = exchange;
  WatchForEnd();
  // The thread may outlive the loop that the exchange's timer is of.
  const bool taken = server_.slow().Run(
      [run = std::move(std::get<SlowWork>(**work).run), outcome,
       stop = exchange->stop.get_token()] {
        if (!stop.stop_requested()) outcome->emplace(run(stop));
      },
      [weak = std::weak_ptr<Exchange>(exchange)] {
        if (const auto waiting = weak.lock()) {
          waiting->ready = true;
          waiting->wake.cancel();
        }
      });
  while (taken && !exchange->gone && !exchange->ready) {
    (void)co_await exchange->wake.async_wait(kUseTuple);
  }
  exchange->stop.request_stop();
  StopWatching();
  exchange_.reset();
  if (!taken) {
    server_.CountRefused();
    HttpReply busy = ErrorReply(&dialect, 429, "too many requests wait");
    busy.fields.emplace_back("Retry-After", "1");
    co_await Reply(request, &busy);
    co_return false;
  }
  if (exchange->gone || !*outcome) {
    last_ = true;
    co_return false;
  }
  if (!**outcome) {
    *work = (*outcome)->error();
  } else if (auto* const reply = std::get_if<HttpReply>(&***outcome)) {
    *work = HttpWork(std::move(*reply));
  } else {
    auto& text = std::get<TextWork>(***outcome);
    *work = HttpWork(std::move(text));
  }
  co_return true;
}

asio::awaitable<void> BeastConnection::AnswerText(const HttpRequest& request,
                                                  const Dialect& dialect,
                                                  TextWork* work,
                                                  const std::string& document) {
  if (server_.texts().is_full()) {
    server_.CountRefused();
    HttpReply busy = ErrorReply(&dialect, 429, "too many requests wait");
    busy.fields.emplace_back("Retry-After", "1");
    co_await Reply(request, &busy);
    co_return;
  }
  if (!stream_.socket().is_open()) co_return;  // closed meanwhile
  exchange_ = std::make_shared<Exchange>(stream_.get_executor());
  const std::unique_ptr<AnswerWriter> writer = std::move(work->writer);
  const auto shared = std::make_shared<AnswerWriter*>(writer.get());
  WatchForEnd();
  TextJob job;
  job.request = std::move(work->request);
  job.stop = exchange_->stop.get_token();
  // The writer lives in this coroutine: whatever comes after its end is of a
  // request that was stopped.
  job.on_done = [exchange = exchange_](const auto& answer) {
    exchange->answer = answer;
    exchange->wake.cancel();
  };
  if (writer->stream_type()) {
    job.on_delta = [exchange = exchange_, shared,
                    most = server_.limits().unread_bytes](const auto& delta) {
      if (exchange->gone || *shared == nullptr) return;
      if (exchange->unread_bytes > most) return exchange->Cancel();
      std::string part = (*shared)->Part(delta);
      if (!part.empty()) exchange->Add(std::move(part));
    };
  }
  server_.texts().Add(std::move(job), document);
  co_await Stream(request, dialect, *writer);
  *shared = nullptr;
  exchange_->stop.request_stop();
  StopWatching();
  exchange_.reset();
}

asio::awaitable<void> BeastConnection::Stream(const HttpRequest& request,
                                              const Dialect& dialect,
                                              AnswerWriter& writer) {
  const std::shared_ptr<Exchange> exchange = exchange_;
  const auto type = writer.stream_type();
  bool begun = false;
  const auto framed = [this](std::string_view bytes) {
    return chunks_ ? ChunkOf(bytes) : std::string(bytes);
  };
  for (;;) {
    if (exchange->gone) {
      last_ = true;
      co_return;
    }
    if (!exchange->parts.empty()) {
      const std::string part = std::move(exchange->parts.front());
      exchange->parts.pop_front();
      if (!begun && !co_await BeginStream(request, *type)) co_return;
      begun = true;
      const std::string bytes = framed(part);
      if (!co_await Write(bytes)) co_return;
      exchange->unread_bytes -= part.size();
      continue;
    }
    if (exchange->answer) break;
    (void)co_await exchange->wake.async_wait(kUseTuple);
  }
  const base::Result<TextAnswer>& answer = *exchange->answer;
  if (!begun && !answer) {
    HttpReply failed = ErrorReply(&dialect, StatusOf(dialect, answer.error()),
                                  answer.error().message);
    if (failed.status == 503) failed.fields.emplace_back("Retry-After", "1");
    co_await Reply(request, &failed);
    co_return;
  }
  if (!type) {
    HttpReply whole;
    whole.body = writer.Whole(*answer);
    co_await Reply(request, &whole);
    co_return;
  }
  if (!begun && !co_await BeginStream(request, *type)) co_return;
  std::string end = framed(answer ? writer.Whole(*answer)
                                  : writer.Failed(answer.error().message));
  if (chunks_) end += kLastChunk;
  co_await Write(end);
}

asio::awaitable<bool> BeastConnection::BeginStream(const HttpRequest& request,
                                                   std::string_view type) {
  HttpReply head;
  head.content_type = type;
  server_.Complete(request, &head);
  // Without chunks the end of the connection is that of the body.
  if (!chunks_) last_ = true;
  std::string bytes = HeadOf(head, /*chunked=*/true, !last_);
  if (!chunks_) {
    constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";
    bytes.erase(bytes.find(kChunked), kChunked.size());
  }
  co_return co_await Write(bytes);
}

asio::awaitable<void> BeastConnection::Reply(const HttpRequest& request,
                                             HttpReply* reply) {
  server_.Complete(request, reply);
  std::string bytes =
      HeadOf(*reply, /*chunked=*/false, !last_ && !server_.draining());
  if (request.method != "HEAD") bytes += reply->body;
  co_await Write(bytes);
}

asio::awaitable<bool> BeastConnection::Reject(unsigned status,
                                              std::string_view message) {
  server_.CountRefused();
  last_ = true;
  HttpReply reply = ErrorReply(nullptr, status, message);
  if (status == 503) reply.fields.emplace_back("Retry-After", "1");
  const std::string bytes =
      HeadOf(reply, /*chunked=*/false, /*keep_alive=*/false) + reply.body;
  const bool written = co_await Write(bytes);
  if (written) co_await Linger();
  co_return false;
}

asio::awaitable<bool> BeastConnection::Write(std::string_view bytes) {
  stream_.expires_after(server_.limits().of_write);
  const auto [error, written] =
      co_await asio::async_write(stream_, asio::buffer(bytes), kUseTuple);
  stream_.expires_never();
  if (error) {
    last_ = true;
    if (exchange_ != nullptr) exchange_->Cancel();
  }
  co_return !error;
}

asio::awaitable<void> BeastConnection::Linger() {
  stream_.socket().shutdown(tcp::socket::shutdown_send, ignored_);
  stream_.expires_after(kLinger);
  buffer_.consume(buffer_.size());
  for (size_t read = 0; read < kMostLingerBytes;) {
    const auto [error, bytes] = co_await stream_.async_read_some(
        buffer_.prepare(kReadBytes), kUseTuple);
    if (error) co_return;
    read += bytes;
  }
}

// The client's end ------------------------------------------------------------

void BeastConnection::WatchForEnd() {
  stream_.socket().async_wait(
      tcp::socket::wait_read, [weak = weak_from_this(), exchange = exchange_](
                                  const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || self == nullptr || self->exchange_ != exchange) return;
        self->LookForEnd();
      });
}

// There is something to read: the end, or another request, which may come
// before the end.
void BeastConnection::LookForEnd() {
  if (!stream_.socket().is_open()) return;
  pollfd socket{.fd = stream_.socket().native_handle(),
                .events = POLLRDHUP,
                .revents = 0};
  if (poll(&socket, 1, 0) > 0) {
    if (exchange_ != nullptr) exchange_->Cancel();
    return;
  }
  look_.expires_after(kLookEvery);
  look_.async_wait([weak = weak_from_this(), exchange = exchange_](
                       const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || self == nullptr || self->exchange_ != exchange) return;
    self->LookForEnd();
  });
}

void BeastConnection::StopWatching() {
  look_.cancel();
  // Nothing else waits for the socket now.
  stream_.socket().cancel(ignored_);
}

}  // namespace

std::shared_ptr<HttpConnection> MakeHttpConnection(tcp::socket socket,
                                                   HttpServer& server) {
  return std::make_shared<BeastConnection>(std::move(socket), server);
}

}  // namespace krait::daemon
