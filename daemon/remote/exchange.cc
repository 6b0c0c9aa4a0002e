// SPDX-License-Identifier: Apache-2.0
#include "daemon/remote/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace krait::remote {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr int kOk = 200;
constexpr size_t kMostErrorBody = size_t{16} << 10;

bool IsTransient(int status) {
  constexpr int kTimeout = 408;
  constexpr int kTooMany = 429;
  return status == kTimeout || status == kTooMany || status >= 500;
}

// The client, its key, the path or the model is not one that the engine knows.
bool IsRefusal(int status) {
  return status == 401 || status == 403 || status == 404 ||
         (status >= 300 && status < 400);
}

}  // namespace

// The model's side ------------------------------------------------------------

void Exchange::Begin() {
  begin_ = Clock::now();
  Try(begin_);
}

Exchange::News Exchange::Take() {
  const std::lock_guard lock(mutex_);
  News news{.texts = std::exchange(texts_, {}),
            .said_something = text_bytes_ > 0};
  unread_ = 0;
  if (!ended_) return news;
  news.error = error_;
  if (!error_) news.end = usage_.end.value_or(AnswerEnd::kComplete);
  return news;
}

bool Exchange::ready() const {
  const std::lock_guard lock(mutex_);
  return ended_ || !texts_.empty();
}

void Exchange::WhenReady(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
  if (ended_ || !texts_.empty()) CallWake();
}

void Exchange::Wake() {
  const std::lock_guard lock(mutex_);
  CallWake();
}

void Exchange::CallWake() {
  if (const auto wake = std::exchange(wake_, nullptr)) wake();
}

void Exchange::Leave() {
  uint64_t transfer = 0;
  bool undecided = false;
  {
    const std::lock_guard lock(mutex_);
    wake_ = nullptr;
    if (std::exchange(left_, true) || ended_) return;
    transfer = transfer_;
    undecided = text_bytes_ == 0;
  }
  owner_.Cancel(transfer);
  if (undecided) owner_.Left();
}

AnswerPart Exchange::usage() const {
  const std::lock_guard lock(mutex_);
  return usage_;
}

// The transfers' thread -------------------------------------------------------

void Exchange::Try(Clock::time_point begin) {
  ++tries_;
  status_ = 0;
  streams_ = false;
  retry_after_ = std::chrono::seconds(0);
  body_.clear();
  stream_.emplace([this](std::string_view data) { return OnEvent(data); });
  read_ = {};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      begin_ + patience_.first_text - begin);
  const auto self = shared_from_this();
  // Its first event may come before this has returned, Leave not: that is on
  // the thread which begins it, or this is a further try.
  const uint64_t transfer = owner_.Start(
      request_, begin, left,
      {.head = [self](const models::HttpHead& head) { self->OnHead(head); },
       .body = [self](std::string_view part) { return self->OnBody(part); },
       .end = [self](const base::Status& status) { self->OnEnd(status); }});
  bool left_meanwhile = false;
  {
    const std::lock_guard lock(mutex_);
    transfer_ = std::max(transfer_, transfer);  // a further try may be ahead
    left_meanwhile = left_;
  }
  if (left_meanwhile) owner_.Cancel(transfer);
}

void Exchange::OnHead(const models::HttpHead& head) {
  status_ = head.status;
  streams_ = head.Find("content-type").starts_with("text/event-stream");
  constexpr uint64_t kMost = 3600;
  if (const auto seconds = models::ParseNumber(head.Find("retry-after"))) {
    retry_after_ = std::chrono::seconds(std::min(*seconds, kMost));
  }
}

bool Exchange::OnBody(std::string_view part) {
  if (status_ != kOk) {
    body_ += part.substr(0, kMostErrorBody - body_.size());
    return body_.size() < kMostErrorBody;
  }
  if (streams_) {
    read_ = stream_->Add(part);
  } else if (body_.size() + part.size() > kMostUnread) {
    read_ =
        MakeError(ErrorCode::kBadFile,
                  fmt::format("an answer of more than {} bytes", kMostUnread));
  } else {
    body_ += part;
  }
  return read_ && !done_;
}

base::Status Exchange::OnEvent(std::string_view data) {
  return Read(data);
}

base::Status Exchange::Read(std::string_view json) {
  if (done_) return {};
  const auto part = ReadAnswer(json, request_.shape);
  if (!part) return part.error();
  done_ = part->done;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    const auto take = [](const auto& from, auto* to) {
      if (from) *to = from;
    };
    take(part->end, &usage_.end);
    take(part->prompt_tokens, &usage_.prompt_tokens);
    take(part->cached_tokens, &usage_.cached_tokens);
    take(part->answer_tokens, &usage_.answer_tokens);
    if (part->text.empty() || left_) return {};
    unread_ += part->text.size();
    text_bytes_ += part->text.size();
    if (unread_ > kMostUnread || text_bytes_ > kMostText) {
      return MakeError(ErrorCode::kBadFile, "the answer has no end");
    }
    texts_.push_back(part->text);
    first = !std::exchange(succeeded_, true);
    CallWake();
  }
  if (first) owner_.Succeeded();
  return {};
}

std::optional<Failure> Exchange::FailureOf(const base::Status& status) {
  if (!status) {
    return Failure{.error = status.error(),
                   .transient = status.error().code == ErrorCode::kIo};
  }
  if (status_ != kOk) {
    std::string message = fmt::format("HTTP {}", status_);
    if (const std::string why = ReasonIn(body_); !why.empty()) {
      message += ": " + why;
    }
    return Failure{.error = MakeError(ErrorCode::kIo, std::move(message)),
                   .transient = IsTransient(status_),
                   .refused = IsRefusal(status_),
                   .retry_after = retry_after_};
  }
  if (read_) read_ = streams_ ? stream_->Finish() : Read(body_);
  if (!read_) return Failure{.error = read_.error(), .transient = false};
  const std::lock_guard lock(mutex_);
  // Some say [DONE], some why it ended, most both.
  if (streams_ && !done_ && !usage_.end) {
    return Failure{
        .error = MakeError(ErrorCode::kIo, "the answer ended in the middle")};
  }
  return std::nullopt;
}

void Exchange::OnEnd(const base::Status& status) {
  if (const auto failure = FailureOf(status)) return Fail(*failure);
  if (!succeeded_) owner_.Succeeded();  // it has nothing to say, and said so
  Finish(std::nullopt);
}

void Exchange::Fail(const Failure& failure) {
  const auto pause = std::max<std::chrono::milliseconds>(
      patience_.first_pause * (1 << std::min(tries_ - 1, 10)),
      failure.retry_after);
  const auto again = Clock::now() + pause;
  {
    const std::lock_guard lock(mutex_);
    if (left_) return;
  }
  const bool tries_again = failure.transient && !succeeded_ &&
                           tries_ < patience_.tries &&
                           again < begin_ + patience_.first_text;
  if (tries_again) return Try(again);
  Finish(owner_.Failed(failure));
}

void Exchange::Finish(std::optional<base::Error> error) {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  error_ = std::move(error);
  CallWake();
}

}  // namespace krait::remote
