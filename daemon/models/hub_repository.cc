// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/hub_repository.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "daemon/models/digest.h"

namespace krait::models {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr size_t kMaxAnswer = size_t{64} << 20;

// With the repository's name in front.
base::Error Named(std::string_view repo, const base::Error& error) {
  return MakeError(error.code, fmt::format("hf:{}: {}", repo, error.message));
}

}  // namespace

Url HubRepository::Api(std::string_view rest) const {
  Url url = endpoint_;
  url.target += fmt::format("/api/models/{}/{}", repo_, rest);
  return url;
}

Url HubRepository::FileUrl(std::string_view commit,
                           std::string_view path) const {
  Url url = endpoint_;
  url.target +=
      fmt::format("/{}/resolve/{}/{}", repo_, commit, EncodePath(path));
  return url;
}

std::string HubRepository::Help() const {
  return fmt::format(
      "there is no such repository or file, or it is private or gated: then "
      "ask for access at {}/{} and set HF_TOKEN",
      endpoint_.Text(), repo_);
}

base::Result<HttpText> HubRepository::Ask(const Url& url) const {
  auto text = client_.GetText(url, "application/json", kMaxAnswer);
  if (!text) return Named(repo_, text.error());
  const HttpHead& head = text->head;
  if (head.status == 200) {
    if (!head.Find("content-type").starts_with("text/html")) return text;
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("hf:{}: {} sends a web page instead of an answer: a "
                    "proxy's, or HF_ENDPOINT is no hub",
                    repo_, url.WithoutQuery()));
  }
  const bool refused =
      head.status == 401 || head.status == 403 || head.status == 404;
  const std::string_view said = head.Find("x-error-message");
  constexpr size_t kShown = 300;
  return MakeError(
      IsTransient(head) ? ErrorCode::kIo : ErrorCode::kNotFound,
      fmt::format("hf:{}: {} answers {}{}{}{}", repo_, url.WithoutQuery(),
                  head.status, said.empty() ? "" : ", ", said.substr(0, kShown),
                  refused ? ": " + Help() : ""));
}

base::Result<std::string> HubRepository::Commit(
    std::string_view revision) const {
  if (IsHex(revision, kSha1Digits)) return std::string(revision);
  const auto answer = Ask(Api("refs"));
  if (!answer) return answer.error();
  auto commit = ParseRefs(answer->body, revision);
  if (!commit) return Named(repo_, commit.error());
  return commit;
}

base::Result<std::vector<HubFile>> HubRepository::Files(
    std::string_view commit) const {
  constexpr int kMostPages = 200;
  std::vector<HubFile> files;
  Url url = Api(fmt::format("tree/{}?recursive=true", commit));
  for (int page = 0; page < kMostPages; ++page) {
    const auto answer = Ask(url);
    if (!answer) return answer.error();
    auto more = ParseTree(answer->body);
    if (!more) return Named(repo_, more.error());
    std::ranges::move(*more, std::back_inserter(files));
    const std::string_view next = NextLink(answer->head.Find("link"));
    if (next.empty()) return files;
    const auto resolved = ResolveUrl(url, next);
    if (!resolved) return Named(repo_, resolved.error());
    url = *resolved;
  }
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("hf:{}: its list of files does not end", repo_));
}

}  // namespace krait::models
