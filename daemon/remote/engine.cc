// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <utility>

#include "base/json_value.h"

namespace krait::remote {
namespace {

using base::ErrorCode;
using base::MakeError;

// No answer is worth more, whatever it says.
constexpr std::chrono::milliseconds kWholeWait = std::chrono::minutes(15);

// What a header can have.
bool IsKey(std::string_view key) {
  return std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
}

// The ids of a list of models. Nothing: it is none.
std::optional<std::vector<std::string>> ModelsIn(std::string_view body) {
  const auto document = base::JsonDocument::Parse(body);
  if (!document) return std::nullopt;
  std::vector<base::JsonValue> data;
  base::ObjectReader list(document->root());
  if (!list.Require("data", &data).status()) return std::nullopt;
  std::vector<std::string> ids;
  for (const base::JsonValue& model : data) {
    base::ObjectReader reader(model);
    if (!reader.Require("id", &ids.emplace_back()).status()) {
      return std::nullopt;
    }
  }
  return ids;
}

}  // namespace

Engine::Engine(RemoteSettings settings, OnNews on_news)
    : settings_(std::move(settings)), on_news_(std::move(on_news)) {}

std::shared_ptr<Engine> Engine::Make(RemoteSettings settings,
                                     const models::Variables& variables,
                                     OnNews on_news) {
  std::shared_ptr<Engine> engine(
      new Engine(std::move(settings), std::move(on_news)));
  if (const auto ready = engine->Prepare(variables); !ready) {
    engine->problem_ = ready.error().message;
  }
  return engine;
}

base::Status Engine::Prepare(const models::Variables& variables) {
  auto base = BaseOf(settings_.url);
  if (!base) return base.error();
  base_ = std::move(*base);
  const std::string variable = KeyVariable(settings_);
  if (!variable.empty()) {
    key_ = variables(variable.c_str());
    // Without its own key Mistral's kind of engine may still be a local one.
    if (key_.empty() && !settings_.key_env.empty()) {
      return MakeError(
          ErrorCode::kNotFound,
          fmt::format("the variable {}, which is to hold the key, "
                      "is not set where krait's daemon was started",
                      variable));
    }
    if (!IsKey(key_)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("{} holds what no key has", variable));
    }
  }
  if (!key_.empty() && base_.scheme != "https" && !IsLoopback(base_)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} is not encrypted, and a key would be sent "
                                 "to it: use https",
                                 base_.Origin()));
  }
  auto transfers = Transfers::Open();
  if (!transfers) return transfers.error();
  transfers_ = std::move(*transfers);
  return {};
}

TransferRequest Engine::RequestFor(std::string_view path) const {
  TransferRequest request;
  request.url = base_;
  request.url.target += path;
  // A proxy's loopback is not this one.
  request.use_proxy = !IsLoopback(base_);
  request.headers = {"Accept: text/event-stream, application/json"};
  if (!key_.empty()) request.headers.push_back("Authorization: Bearer " + key_);
  request.next_wait = settings_.timeout;
  request.whole_wait = kWholeWait;
  return request;
}

// Some engines repeat what they were told.
base::Error Engine::WithoutKey(base::Error error) const {
  if (key_.empty()) return error;
  std::string& text = error.message;
  for (size_t at = text.find(key_); at != text.npos; at = text.find(key_)) {
    text.replace(at, key_.size(), "***");
  }
  return error;
}

std::shared_ptr<Exchange> Engine::Ask(WireRequest request,
                                      const Patience& patience,
                                      std::string* why_not) {
  {
    const std::lock_guard lock(mutex_);
    if (!problem_.empty()) {
      *why_not = problem_;
      return nullptr;
    }
    if (!circuit_.TakeTurn(Clock::now())) {
      *why_not = last_failure_;
      return nullptr;
    }
    ++requests_;
  }
  ExchangeOwner& owner = *this;
  auto exchange =
      std::make_shared<Exchange>(owner, std::move(request), patience);
  exchange->Begin();
  return exchange;
}

void Engine::CountFallback() {
  const std::lock_guard lock(mutex_);
  ++fallbacks_;
}

uint64_t Engine::Start(const WireRequest& request, Clock::time_point begin,
                       std::chrono::milliseconds first_wait,
                       TransferEvents events) {
  TransferRequest transfer = RequestFor(request.path);
  transfer.headers.emplace_back("Content-Type: application/json");
  transfer.body = request.body;
  transfer.not_before = begin;
  transfer.first_wait = first_wait;
  return transfers_->Start(std::move(transfer), std::move(events));
}

void Engine::Cancel(uint64_t transfer) {
  transfers_->Cancel(transfer);
}

void Engine::Succeeded() {
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    again = circuit_.state() != Circuit::State::kClosed;
    circuit_.Succeed();
  }
  if (again) on_news_(fmt::format("{} answers again", base_.Origin()));
}

base::Error Engine::Failed(const Failure& failure) {
  const base::Error told = WithoutKey(failure.error);
  std::string news;
  {
    const std::lock_guard lock(mutex_);
    ++failures_;
    last_failure_ = told.message;
    const auto now = Clock::now();
    const auto before = circuit_.state();
    circuit_.Fail(now, failure.refused, failure.retry_after);
    if (circuit_.state() == Circuit::State::kOpen &&
        before == Circuit::State::kClosed) {
      news = fmt::format(
          "{} is not asked for {} s: {}; krait's own model answers",
          base_.Origin(),
          std::chrono::ceil<std::chrono::seconds>(circuit_.open_until() - now)
              .count(),
          last_failure_);
    }
  }
  if (!news.empty()) on_news_(news);
  return told;
}

void Engine::Left() {
  const std::lock_guard lock(mutex_);
  circuit_.Leave();
}

RemoteStatus Engine::status() const {
  const std::lock_guard lock(mutex_);
  RemoteStatus status{.url = base_.host.empty() ? std::string() : base_.Text(),
                      .problem = problem_,
                      .state = circuit_.state(),
                      .last_failure = last_failure_,
                      .requests = requests_,
                      .failures = failures_,
                      .fallbacks = fallbacks_};
  if (status.state == Circuit::State::kOpen) {
    status.asked_again_in = std::max(std::chrono::seconds(0),
                                     std::chrono::ceil<std::chrono::seconds>(
                                         circuit_.open_until() - Clock::now()));
  }
  if (transfers_ != nullptr) {
    status.bytes_sent = transfers_->bytes().sent;
    status.bytes_received = transfers_->bytes().received;
  }
  return status;
}

base::Result<std::string> Engine::Check(std::chrono::milliseconds wait) {
  if (!problem_.empty()) return MakeError(ErrorCode::kUnsupported, problem_);
  constexpr size_t kMostBody = size_t{1} << 20;
  struct Answer {
    std::mutex mutex;
    std::condition_variable ended;
    int status = 0;
    std::string body;
    std::optional<base::Status> end;
  };
  const auto answer = std::make_shared<Answer>();
  TransferRequest request = RequestFor("/v1/models");
  request.first_wait = request.next_wait = request.whole_wait = wait;
  const auto begin = Clock::now();
  transfers_->Start(
      std::move(request),
      {.head = [answer](const auto& head) { answer->status = head.status; },
       .body =
           [answer](std::string_view part) {
             answer->body += part.substr(0, kMostBody - answer->body.size());
             return answer->body.size() < kMostBody;
           },
       .end =
           [answer](const base::Status& status) {
             const std::lock_guard lock(answer->mutex);
             answer->end = status;
             answer->ended.notify_one();
           }});
  std::unique_lock lock(answer->mutex);
  answer->ended.wait(lock, [&] { return answer->end.has_value(); });
  if (!*answer->end) return WithoutKey(answer->end->error());
  if (answer->status != 200) {
    return WithoutKey(MakeError(
        ErrorCode::kIo,
        fmt::format("HTTP {}: {}", answer->status, ReasonIn(answer->body))));
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      Clock::now() - begin);
  const auto models = ModelsIn(answer->body);
  if (!models) {
    return MakeError(ErrorCode::kBadFile, "it lists no models at /v1/models");
  }
  const bool known =
      settings_.model.empty() ||
      std::ranges::find(*models, settings_.model) != models->end();
  if (!known) {
    return MakeError(
        ErrorCode::kNotFound,
        fmt::format("it has no model \"{}\"{}", settings_.model,
                    models->empty()
                        ? std::string()
                        : fmt::format("; \"{}\" is one", models->front())));
  }
  return fmt::format("answers in {} ms", ms.count());
}

}  // namespace krait::remote
