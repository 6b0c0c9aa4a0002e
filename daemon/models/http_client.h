// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_MODELS_HTTP_CLIENT_H_
#define KRAIT_DAEMON_MODELS_HTTP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "daemon/models/http.h"
#include "daemon/models/url.h"

namespace krait::models {

// A password, and who may be told it.
struct Credentials {
  std::string token;   // empty: none
  std::string origin;  // Url::Origin() of the only host that gets it
};

// A whole answer.
struct HttpText {
  HttpHead head;
  std::string body;
};

// How often what failed is tried again, and after how long.
struct RetryPolicy {
  int attempts = 3;  // in which nothing came
  std::chrono::seconds first_pause{1};
  std::function<void(std::chrono::seconds)> sleep =
      [](std::chrono::seconds pause) { std::this_thread::sleep_for(pause); };

  // Returns how long to wait after the Nth failure: twice as long each time,
  // or what the answer asks for, up to a minute.
  std::chrono::seconds Pause(int failures, const HttpHead& head) const;
};

// Whether the same request may be answered otherwise after a while.
bool IsTransient(const HttpHead& head);

// Follows redirections. The token goes to its own origin only, and once a
// request has left that it is not told again, wherever it is led. From https
// nothing leads to http. For one thread.
class HttpClient {
 public:
  HttpClient(Transport& transport, Credentials credentials, RetryPolicy retries)
      : transport_(transport),
        credentials_(std::move(credentials)),
        retries_(std::move(retries)) {}

  // Tells `sink` of the last answer only, whatever its status.
  base::Status Get(const Url& url, const std::vector<std::string>& headers,
                   const HttpSink& sink);

  // The same, of at most `limit` bytes, and tries again.
  base::Result<HttpText> GetText(const Url& url, std::string_view accept,
                                 size_t limit);

  const RetryPolicy& retries() const { return retries_; }

 private:
  base::Result<HttpText> GetTextOnce(const Url& url, std::string_view accept,
                                     size_t limit);

  Transport& transport_;
  const Credentials credentials_;
  const RetryPolicy retries_;
};

}  // namespace krait::models

#endif  // KRAIT_DAEMON_MODELS_HTTP_CLIENT_H_
