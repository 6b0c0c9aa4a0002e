// SPDX-License-Identifier: Apache-2.0
#include "daemon/http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "daemon/http/connection.h"
#include "daemon/http/embeddings.h"
#include "daemon/http/token_file.h"
#include "daemon/log.h"

namespace krait::daemon {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::ErrorCode;
using base::MakeError;

// Accepts at one address as long as it lives.
class HttpListener : public std::enable_shared_from_this<HttpListener> {
 public:
  HttpListener(HttpServer& server, tcp::acceptor acceptor)
      : server_(server),
        alive_(server.alive_),
        acceptor_(std::move(acceptor)) {}
  ~HttpListener() { Close(); }
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  void Close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }
  uint16_t port() const {
    boost::system::error_code ignored;
    return acceptor_.local_endpoint(ignored).port();
  }

  void Accept() {
    acceptor_.async_accept(
        [weak = weak_from_this()](const boost::system::error_code& error,
                                  tcp::socket socket) {
          const auto self = weak.lock();
          if (self == nullptr || self->alive_.expired()) return;
          if (!self->acceptor_.is_open()) return;
          if (!error) {
            self->server_.Admit(std::move(socket));
            return self->Accept();
          }
          // Out of descriptors or memory: others will give theirs back.
          WriteLog(LogLevel::kWarning,
                   fmt::format("accepting HTTP: {}", error.message()));
          self->AcceptLater();
        });
  }

 private:
  void AcceptLater() {
    pause_.emplace(acceptor_.get_executor(), std::chrono::milliseconds(100));
    pause_->async_wait([weak = weak_from_this()](const auto& error) {
      const auto self = weak.lock();
      if (!error && self != nullptr) self->Accept();
    });
  }

  HttpServer& server_;
  const std::weak_ptr<bool> alive_;
  tcp::acceptor acceptor_;
  std::optional<asio::steady_timer> pause_;
};

HttpServer::HttpServer(asio::io_context& io, CompletionHost& host,
                       HttpOptions options)
    : io_(io),
      host_(host),
      options_(std::move(options)),
      rules_{.token = {},
             .token_always = options_.token_always,
             .origins = options_.origins},
      texts_(host, options_.limits.texts),
      repositories_(std::make_shared<RepositoryAccess>(options_.repositories)),
      random_(std::random_device()()),
      slow_(io, options_.limits.slow_waiting) {}

HttpServer::~HttpServer() {
  Stop();
  reader_.join();
}

// Listening -------------------------------------------------------------------

// The token's file may lie on a slow disk.
void HttpServer::Listen(const ListenAddress& address, OnListening done) {
  if (!rules_.token.empty()) return Open(address, done);
  asio::post(reader_, [this, address, done = std::move(done),
                       alive = std::weak_ptr<bool>(alive_)] {
    auto token = ReadOrMakeToken(TokenFile());
    asio::post(io_, [this, address, done, alive, token = std::move(token)] {
      if (alive.expired()) return;
      if (!token) return done(token.error());
      rules_.token = *token;
      Open(address, done);
    });
  });
}

base::Result<std::shared_ptr<HttpListener>> HttpServer::ListenAt(
    const std::string& address, uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), port);
  boost::system::error_code error;
  tcp::acceptor acceptor(io_);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(true), error);
  }
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return MakeError(
        ErrorCode::kIo,
        fmt::format("cannot listen at {}: {}",
                    ListenAddress{.host = address, .port = port}.Text(),
                    error.message()));
  }
  auto listener = std::make_shared<HttpListener>(*this, std::move(acceptor));
  listener->Accept();
  return listener;
}

// "localhost" is one address where the machine has not both.
void HttpServer::Open(const ListenAddress& wanted, const OnListening& done) {
  const auto shared = listeners_.find(wanted.Text());
  if (shared != listeners_.end()) {
    if (auto listener = shared->second.lock()) {
      return done(Listening{.address = wanted.Text(), .lease = listener});
    }
  }
  using Listeners = std::vector<std::shared_ptr<HttpListener>>;
  const auto all = std::make_shared<Listeners>();
  ListenAddress address = wanted;
  std::optional<base::Error> error;
  for (const std::string& host : wanted.addresses()) {
    auto listener = ListenAt(host, address.port);
    if (!listener) {
      if (!error) error = listener.error();
      continue;
    }
    address.port = (*listener)->port();
    all->push_back(std::move(*listener));
  }
  if (all->empty()) return done(*error);
  WriteLog(LogLevel::kInfo,
           fmt::format("HTTP at http://{}{}", address.Text(),
                       address.is_loopback() ? ""
                                             : ", which other machines may "
                                               "reach"));
  const std::string name = address.Text();
  // The first stands for all of them.
  std::shared_ptr<HttpListener> lease(
      all->front().get(), [all, name](const HttpListener*) {
        WriteLog(LogLevel::kInfo, "no HTTP any more at " + name);
        all->clear();
      });
  listeners_[name] = lease;
  done(Listening{.address = name, .lease = std::move(lease)});
}

std::vector<std::string> HttpServer::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& [address, listener] : listeners_) {
    if (!listener.expired()) addresses.push_back(address);
  }
  return addresses;
}

void HttpServer::Drain() {
  draining_ = true;
  for (const auto& [address, weak] : listeners_) {
    if (const auto listener = weak.lock()) listener->Close();
  }
  const auto all = connections_;  // some end meanwhile
  for (const auto& [id, connection] : all) connection->CloseWhenIdle();
}

void HttpServer::Stop() {
  Drain();
  const auto all = connections_;
  for (const auto& [id, connection] : all) connection->Close();
}

// Connections -----------------------------------------------------------------

void HttpServer::Admit(tcp::socket socket) {
  if (connections_.size() >= options_.limits.connections) {
    ++refused_;
    HttpReply busy = ErrorReply(nullptr, 503, "too many connections");
    busy.fields.emplace_back("Retry-After", "1");
    const std::string bytes = HeadOf(busy, false, false) + busy.body;
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(bytes), ignored);
    return;
  }
  const uint64_t id = next_connection_++;
  auto connection = MakeHttpConnection(std::move(socket), *this);
  connections_[id] = connection;
  asio::co_spawn(io_, connection->Serve(),
                 [this, id, connection, alive = std::weak_ptr<bool>(alive_)](
                     const std::exception_ptr& failure) {
                   if (alive.expired()) return;
                   if (failure) {
                     WriteLog(LogLevel::kError,
                              fmt::format("HTTP connection {} failed", id));
                   }
                   connections_.erase(id);
                 });
}

bool HttpServer::ReserveBody(size_t bytes, std::shared_ptr<const void>* lease) {
  if (*body_bytes_ + bytes > options_.limits.all_body_bytes) return false;
  *body_bytes_ += bytes;
  *lease = std::shared_ptr<const void>(
      body_bytes_.get(),
      [all = body_bytes_, bytes](const void*) { *all -= bytes; });
  return true;
}

// Requests --------------------------------------------------------------------

std::optional<HttpReply> HttpServer::Refuse(const HttpRequest& request,
                                            const FoundRoute& found, bool own) {
  ++requests_;
  const auto refuse = [&](unsigned status, std::string_view message) {
    ++refused_;
    return ErrorReply(found.dialect, status, message);
  };
  const bool preflight =
      request.method == "OPTIONS" && !request.requested_method.empty();
  const bool open = preflight || (found.route != nullptr && found.route->open);
  const Access access = CheckAccess(request, rules_, own, open);
  if (access != Access::kAllowed) {
    HttpReply reply = refuse(StatusOf(access), WhyRefused(access));
    if (access == Access::kNeedsToken) {
      reply.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"krait\"");
    }
    return reply;
  }
  if (preflight) return HttpReply{.status = 204};
  if (found.dialect == nullptr) {
    return refuse(404,
                  fmt::format("no such path: {}", request.path.substr(0, 200)));
  }
  if (found.route == nullptr) {
    return refuse(405, fmt::format("{} is not for {}", request.path,
                                   request.method.substr(0, 20)));
  }
  if (found.route->needs_model && host_.vocabulary() == nullptr) {
    const auto& loaded = host_.loaded();
    HttpReply reply = refuse(
        503, !loaded || *loaded ? "Loading model"
                                : std::string_view(loaded->error().message));
    reply.fields.emplace_back("Retry-After", "1");
    return reply;
  }
  return std::nullopt;
}

HttpView HttpServer::ViewFor(const HttpRequest& request) {
  HttpView view{.vocabulary = host_.vocabulary(),
                .chats_elsewhere = host_.chats_elsewhere(),
                .host = host_.status(),
                .requests = requests_,
                .refused = refused_,
                .texts_running = texts_.running(),
                .texts_waiting = texts_.waiting(),
                .most_running = options_.limits.texts.running};
  // A copy of the last thousand latencies; only who looks needs it.
  if (request.method == "GET") view.statistics = host_.statistics();
  view.uptime_seconds = std::chrono::duration<double>(host_.uptime()).count();
  view.now = std::chrono::duration_cast<std::chrono::seconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count();
  view.number = random_() >> 1U;
  view.repositories = repositories_;
  return view;
}

base::Result<HttpWork> HttpServer::Read(const Route& route,
                                        const HttpRequest& request,
                                        const HttpView& view,
                                        std::string* document) {
  auto work = route.read(request, view);
  if (!work) return work;
  if (auto* text = std::get_if<TextWork>(&*work)) {
    Place(text, document);
  } else if (auto* embedding = std::get_if<EmbeddingWork>(&*work)) {
    return HttpWork(
        SlowEmbedding(std::move(*embedding), repositories_->encoder));
  }
  return work;
}

void HttpServer::Place(TextWork* work, std::string* document) {
  TextRequest& request = work->request;
  if (!request.place) {
    *document = "http:pieces";
    return;
  }
  *document = documents_.NameOf(request.place->before, request.place->after);
  request.limits = options_.window;
  request.file_memory = options_.file_memory;
}

}  // namespace krait::daemon
