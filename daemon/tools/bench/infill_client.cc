// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/infill_client.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <exception>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"

namespace krait::daemon {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using base::ErrorCode;
using base::MakeError;

// Answers hold the prompt again, and settings.
constexpr uint64_t kMaxAnswerBytes = uint64_t{16} << 20;
constexpr size_t kMaxQuotedBytes = 200;

// None if a server says something else there, or nothing.
std::optional<double> NumberAt(const base::ObjectReader& object,
                               std::string_view key) {
  double number = 0;
  if (!FromJson(object.Field(key), &number)) return std::nullopt;
  return number;
}

bool IsThisMachine(const std::string& host) {
  if (host == "localhost") return true;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

// One exchange; each part is given up after the timeout.
class Exchange {
 public:
  Exchange(const InfillServer& server, std::chrono::seconds timeout)
      : server_(server), timeout_(timeout), stream_(context_) {}

  base::Result<std::string> Post(std::string body) {
    if (auto connected = Connect(); !connected) return connected.error();
    http::request<http::string_body> request(http::verb::post, server_.target,
                                             11);
    request.set(http::field::host,
                fmt::format("{}:{}", server_.host, server_.port));
    request.set(http::field::content_type, "application/json");
    request.set(http::field::connection, "close");
    request.body() = std::move(body);
    request.prepare_payload();
    auto sent = Wait("sending", [&](auto done) {
      http::async_write(stream_, request, std::move(done));
    });
    if (!sent) return sent.error();
    http::response_parser<http::string_body> response;
    response.body_limit(kMaxAnswerBytes);
    beast::flat_buffer buffer;
    auto received = Wait("waiting for the answer", [&](auto done) {
      http::async_read(stream_, buffer, response, std::move(done));
    });
    if (!received) return received.error();
    if (response.get().result() != http::status::ok) {
      return Failed(fmt::format(
          "answered {} (expected 200): {}", response.get().result_int(),
          response.get().body().substr(0, kMaxQuotedBytes)));
    }
    return std::move(response.get().body());
  }

 private:
  base::Error Failed(const std::string& what) const {
    return MakeError(ErrorCode::kIo,
                     fmt::format("--against {}: {}", server_.url, what));
  }

  base::Status Connect() {
    boost::system::error_code error;
    asio::ip::tcp::resolver resolver(context_);
    const auto found =
        resolver.resolve(server_.host, std::to_string(server_.port), error);
    if (error) return Failed(error.message());
    return Wait("connecting", [&](auto done) {
      stream_.async_connect(found, std::move(done));
    });
  }

  // Starts an operation and waits for its end. Only asynchronous operations
  // have a time limit.
  template <class Start>
  base::Status Wait(std::string_view what, const Start& start) {
    boost::system::error_code result;
    stream_.expires_after(timeout_);
    start([&result](boost::system::error_code error, const auto&...) {
      result = error;
    });
    context_.restart();
    context_.run();
    if (result == beast::error::timeout) {
      return Failed(
          fmt::format("{}: nothing for {} s", what, timeout_.count()));
    }
    if (result) return Failed(fmt::format("{}: {}", what, result.message()));
    return {};
  }

  const InfillServer& server_;
  const std::chrono::seconds timeout_;
  asio::io_context context_;
  beast::tcp_stream stream_;
};

// Returns the port of "8012"; 0: it is none.
uint16_t ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port
                                                                  : uint16_t{0};
}

// The texts in their places; what they say themselves is left alone.
std::string LaidOut(std::string_view prompt, const InfillRequest& request) {
  constexpr std::string_view kPrefix = "{prefix}";
  constexpr std::string_view kSuffix = "{suffix}";
  std::string text;
  while (!prompt.empty()) {
    if (prompt.starts_with(kPrefix)) {
      text += request.prefix + request.prompt;
      prompt.remove_prefix(kPrefix.size());
    } else if (prompt.starts_with(kSuffix)) {
      text += request.suffix;
      prompt.remove_prefix(kSuffix.size());
    } else {
      text += prompt[0];
      prompt.remove_prefix(1);
    }
  }
  return text;
}

}  // namespace

base::Result<InfillServer> InfillServer::Parse(std::string_view url,
                                               bool allow_remote,
                                               InfillDialect dialect) {
  const auto refuse = [url](const std::string& why) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("--against {}: {}", url, why));
  };
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kExpected = "expected http://HOST[:PORT][/PATH]";
  if (!url.starts_with(kScheme)) return refuse(std::string(kExpected));
  InfillServer server;
  server.url = url;
  if (dialect.completion) server.target = "/completion";
  server.dialect = std::move(dialect);
  std::string_view rest = url.substr(kScheme.size());
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos && slash + 1 < rest.size()) {
    server.target = rest.substr(slash);
  }
  rest = rest.substr(0, slash);
  const size_t host_end = rest.starts_with('[') ? rest.find(']') : 0;
  const size_t colon = rest.find(':', host_end);
  if (host_end == std::string_view::npos) return refuse(std::string(kExpected));
  if (colon != std::string_view::npos) {
    server.port = ParsePort(rest.substr(colon + 1));
    if (server.port == 0)
      return refuse("the port is no number from 1 to 65535");
  }
  server.host = rest.substr(0, colon);
  if (host_end > 0) server.host = rest.substr(1, host_end - 1);
  if (server.host.empty()) return refuse(std::string(kExpected));
  if (!allow_remote && !IsThisMachine(server.host)) {
    return refuse(server.host +
                  " is not this machine (expected 127.0.0.1, ::1 or "
                  "localhost); --allow-remote sends the source text there");
  }
  return server;
}

std::string InfillBody(const InfillRequest& request,
                       const InfillDialect& dialect) {
  boost::json::object body;
  if (dialect.completion) {
    body["prompt"] = LaidOut(dialect.prompt, request);
  } else {
    body["input_prefix"] = request.prefix;
    body["prompt"] = request.prompt;
    body["input_suffix"] = request.suffix;
    body["input_extra"] = boost::json::array();
  }
  body["n_predict"] = request.max_tokens;
  body["temperature"] = 0.0;
  body["top_k"] = 1;
  body["samplers"] = boost::json::array({"top_k"});
  body["cache_prompt"] = true;
  body["ignore_eos"] = true;
  body["stream"] = false;
  return base::JsonText(body);
}

base::Result<InfillAnswer> ParseInfillAnswer(std::string_view body) {
  const auto wrong = [body](const base::Error& error) {
    return MakeError(
        ErrorCode::kIo,
        fmt::format("{}: {}",
                    base::InText("the answer to /infill", error).message,
                    body.substr(0, kMaxQuotedBytes)));
  };
  const auto document = base::JsonDocument::Parse(body);
  if (!document) return wrong(document.error());
  InfillAnswer answer;
  base::ObjectReader object(document->root());
  object.Require("content", &answer.content);
  if (!object.status()) return wrong(object.status().error());
  const base::ObjectReader times(object.Field("timings"));
  answer.tokens_reused = NumberAt(times, "cache_n");
  answer.tokens_computed = NumberAt(times, "prompt_n");
  answer.tokens_generated = NumberAt(times, "predicted_n");
  answer.prefill_ms = NumberAt(times, "prompt_ms");
  answer.decode_ms = NumberAt(times, "predicted_ms");
  return answer;
}

base::Result<InfillAnswer> AskInfill(const InfillServer& server,
                                     const InfillRequest& request,
                                     std::chrono::seconds timeout) {
  const auto begin = std::chrono::steady_clock::now();
  try {
    Exchange exchange(server, timeout);
    auto body = exchange.Post(InfillBody(request, server.dialect));
    if (!body) return body.error();
    const auto end = std::chrono::steady_clock::now();
    auto answer = ParseInfillAnswer(*body);
    if (answer) answer->whole = end - begin;
    return answer;
  } catch (const std::exception& error) {  // Asio's sockets throw
    return MakeError(ErrorCode::kIo,
                     fmt::format("--against {}: {}", server.url, error.what()));
  }
}

}  // namespace krait::daemon
