// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/curl_transport.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "daemon/models/curl_library.h"

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

// What libcurl's calls get as their `userdata`.
struct Exchange {
  const HttpSink& sink;
  HttpHead head;
  bool head_told = false;
  base::Status status;
};

// Tells of the head, once it is whole. An interim answer is followed by
// another.
bool TellHead(Exchange* exchange) {
  if (exchange->head_told || !exchange->status) return bool(exchange->status);
  exchange->head_told = true;
  exchange->status = exchange->sink.head(exchange->head);
  return exchange->status.has_value();
}

size_t OnHeader(char* data, size_t, size_t bytes, void* userdata) {
  AddHeadLine({data, bytes}, &static_cast<Exchange*>(userdata)->head);
  return bytes;
}

size_t OnBody(char* data, size_t, size_t bytes, void* userdata) {
  auto* exchange = static_cast<Exchange*>(userdata);
  if (!TellHead(exchange)) return 0;
  exchange->status = exchange->sink.body({data, bytes});
  return exchange->status ? bytes : 0;
}

class CurlTransport : public Transport {
 public:
  CurlTransport(const CurlLibrary& curl, CURL* handle,
                std::chrono::seconds stall)
      : curl_(curl), handle_(handle), stall_(stall) {}
  ~CurlTransport() override { curl_.easy_cleanup(handle_); }
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  base::Status Get(const HttpRequest& request, const HttpSink& sink) override;

 private:
  template <class Value>
  void Set(CURLoption option, Value value) {
    (void)curl_.easy_setopt(handle_, option, value);
  }
  void SetLimits();
  base::Error Failure(CURLcode code, const char* detail,
                      const HttpRequest& request) const;

  const CurlLibrary& curl_;
  CURL* const handle_;
  const std::chrono::seconds stall_;
};

void CurlTransport::SetLimits() {
  const auto stall = static_cast<long>(stall_.count());
  Set(CURLOPT_CONNECTTIMEOUT, stall);
  Set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes per second
  Set(CURLOPT_LOW_SPEED_TIME, stall);
  // Not CURLOPT_NOSIGNAL: then nobody would ignore the SIGPIPE of a connection
  // that ends while something is written.
  Set(CURLOPT_FOLLOWLOCATION, 0L);
  // Files have the place for secrets, .netrc, for other programs.
  Set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  Set(CURLOPT_USERAGENT, "krait/" KRAIT_VERSION);
  for (const char* name : {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (file != nullptr && *file != '\0') Set(CURLOPT_CAINFO, file);
  }
}

base::Error CurlTransport::Failure(CURLcode code, const char* detail,
                                   const HttpRequest& request) const {
  std::string why = *detail != '\0' ? detail : curl_.easy_strerror(code);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    why = fmt::format("nothing came for {} s ({})", stall_.count(), why);
  } else if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR) {
    why = fmt::format("the connection ended early ({})", why);
  }
  const bool never = code == CURLE_PEER_FAILED_VERIFICATION ||
                     code == CURLE_SSL_CACERT_BADFILE ||
                     code == CURLE_UNSUPPORTED_PROTOCOL ||
                     code == CURLE_COULDNT_RESOLVE_PROXY;
  return MakeError(never ? ErrorCode::kUnsupported : ErrorCode::kIo,
                   fmt::format("{}: {}", request.url.WithoutQuery(), why));
}

base::Status CurlTransport::Get(const HttpRequest& request,
                                const HttpSink& sink) {
  curl_.easy_reset(handle_);  // connections stay
  SetLimits();
  const std::string url = request.url.Text();
  std::array<char, CURL_ERROR_SIZE> detail{};
  Exchange exchange{.sink = sink, .head = {}, .head_told = false, .status = {}};
  Set(CURLOPT_URL, url.c_str());
  Set(CURLOPT_ERRORBUFFER, detail.data());
  Set(CURLOPT_HEADERFUNCTION, OnHeader);
  Set(CURLOPT_HEADERDATA, &exchange);
  Set(CURLOPT_WRITEFUNCTION, OnBody);
  Set(CURLOPT_WRITEDATA, &exchange);
  curl_slist* headers = nullptr;
  for (const std::string& header : request.headers) {
    headers = curl_.slist_append(headers, header.c_str());
  }
  Set(CURLOPT_HTTPHEADER, headers);
  const CURLcode code = curl_.easy_perform(handle_);
  curl_.slist_free_all(headers);
  if (!exchange.status) return exchange.status;
  if (code != CURLE_OK) return Failure(code, detail.data(), request);
  if (!TellHead(&exchange)) return exchange.status;  // an answer without a body
  return {};
}

}  // namespace

base::Result<std::unique_ptr<Transport>> OpenCurlTransport(
    std::chrono::seconds stall) {
  const auto curl = OpenCurl();
  if (!curl) {
    return MakeError(curl.error().code,
                     fmt::format("fetching a model needs libcurl; {}, or fetch "
                                 "the file another way and `krait model add` "
                                 "it",
                                 curl.error().message));
  }
  CURL* handle = (*curl)->easy_init();
  if (handle == nullptr) {
    return MakeError(ErrorCode::kInternal, "libcurl could not begin");
  }
  return std::unique_ptr<Transport>(
      std::make_unique<CurlTransport>(**curl, handle, stall));
}

}  // namespace krait::models
