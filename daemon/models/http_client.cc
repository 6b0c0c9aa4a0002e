// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr int kMaxRedirects = 8;

}  // namespace

base::Status HttpClient::Get(const Url& url,
                             const std::vector<std::string>& headers,
                             const HttpSink& sink) {
  Url current = url;
  bool at_home = !credentials_.token.empty();
  for (int hop = 0; hop <= kMaxRedirects; ++hop) {
    HttpRequest request{.url = current, .headers = headers};
    at_home = at_home && current.Origin() == credentials_.origin;
    if (at_home) {
      request.headers.push_back("Authorization: Bearer " + credentials_.token);
    }
    std::optional<std::string> location;
    auto done = transport_.Get(
        request, {.head = [&](const HttpHead& head) -> base::Status {
                    if (!head.IsRedirect()) {
                      HttpHead named = head;
                      named.url = current;
                      return sink.head(named);
                    }
                    location = head.Find("location");
                    return {};
                  },
                  .body = [&](std::string_view part) -> base::Status {
                    if (location) return {};  // a page that says where it leads
                    return sink.body(part);
                  }});
    if (!done || !location) return done;
    const auto next = ResolveUrl(current, *location);
    if (!next) {
      return MakeError(ErrorCode::kBadFile,
                       fmt::format("{}: leads to {}", current.WithoutQuery(),
                                   next.error().message));
    }
    if (current.scheme == "https" && next->scheme != "https") {
      return MakeError(
          ErrorCode::kBadFile,
          fmt::format("{}: leads to {}, which is not encrypted",
                      current.WithoutQuery(), next->WithoutQuery()));
    }
    current = *next;
  }
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: more than {} redirections",
                               url.WithoutQuery(), kMaxRedirects));
}

bool IsTransient(const HttpHead& head) {
  constexpr int kTimeout = 408;
  constexpr int kTooMany = 429;
  return head.status == kTimeout || head.status == kTooMany ||
         head.status >= 500;
}

std::chrono::seconds RetryPolicy::Pause(int failures,
                                        const HttpHead& head) const {
  constexpr uint64_t kMost = 60;
  const auto asked = ParseNumber(head.Find("retry-after"));
  if (asked) return std::chrono::seconds(std::min(*asked, kMost));
  return first_pause * (1 << std::min(failures - 1, 5));
}

base::Result<HttpText> HttpClient::GetText(const Url& url,
                                           std::string_view accept,
                                           size_t limit) {
  for (int failures = 1;; ++failures) {
    auto text = GetTextOnce(url, accept, limit);
    const bool transient =
        text ? IsTransient(text->head) : text.error().code == ErrorCode::kIo;
    if (!transient || failures >= retries_.attempts) return text;
    retries_.sleep(retries_.Pause(failures, text ? text->head : HttpHead()));
  }
}

base::Result<HttpText> HttpClient::GetTextOnce(const Url& url,
                                               std::string_view accept,
                                               size_t limit) {
  HttpText text;
  const auto done =
      Get(url, {fmt::format("Accept: {}", accept)},
          {.head = [&](const HttpHead& head) -> base::Status {
             text.head = head;
             return {};
           },
           .body = [&](std::string_view part) -> base::Status {
             if (part.size() > limit - text.body.size()) {
               return MakeError(ErrorCode::kBadFile,
                                fmt::format("{}: expected at most {} bytes",
                                            url.WithoutQuery(), limit));
             }
             text.body += part;
             return {};
           }});
  if (!done) return done.error();
  return text;
}

}  // namespace krait::models
