// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/hosted_model.h"

#include <fmt/format.h>

#include <chrono>
#include <new>
#include <system_error>
#include <utility>

#include "daemon/log.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

// While there is no model, or another is in its place.
constexpr auto kLookEvery = std::chrono::seconds(1);
// While there is not enough memory for it.
constexpr auto kLoadEvery = std::chrono::seconds(5);

constexpr const char* kOverwritten =
    "the model's file was changed; it is loaded again";

// `no_memory` says whether that is why it failed.
base::Result<ReadyGenerator> LoadWithin(const HostedModel::Loader& loader,
                                        bool* no_memory) {
  *no_memory = false;
  try {
    return loader();
  } catch (const std::bad_alloc&) {
    *no_memory = true;
    return MakeError(ErrorCode::kIo, "not enough memory for the model");
  } catch (const std::system_error& error) {
    *no_memory = true;
    return MakeError(ErrorCode::kIo,
                     fmt::format("no threads for the model: {}", error.what()));
  }
}

}  // namespace

HostedModel::HostedModel(Loader loader, Looker look, OnNews on_news)
    : loader_(std::move(loader)),
      look_(std::move(look)),
      on_news_(std::move(on_news)) {}

void HostedModel::Load() {
  tried_ = looked_ = look_ ? look_() : engine::ModelStamp();
  auto ready = LoadWithin(loader_, &no_memory_to_load_);
  look_at_ =
      completion::Clock::now() + (no_memory_to_load_ ? kLoadEvery : kLookEvery);
  if (ready) return Take(std::move(*ready));
  // The same words again would only be in the way.
  const bool said = error_ && error_->message == ready.error().message;
  error_ = ready.error();
  if (!said) on_news_({.loaded = *error_});
}

void HostedModel::Take(ReadyGenerator ready) {
  Drop();
  generator_ = std::move(ready.generator);
  service_ = std::make_unique<completion::CompletionService>(*generator_);
  model_.emplace(TaskModel{*generator_, *service_});
  error_.reset();
  on_news_({.loaded = std::move(ready.description),
            .threads = ready.threads,
            .warning = std::move(ready.warning),
            .languages = generator_->hints().languages,
            .warm = generator_->warm_status(),
            .vocabulary = generator_->vocabulary()});
}

void HostedModel::Drop() {
  model_.reset();
  service_.reset();
  generator_.reset();
}

bool HostedModel::IsSound(bool may_replace) {
  if (!model_) return false;
  switch (generator_->CheckModel()) {
    case completion::ModelChange::kNone:
      return true;
    case completion::ModelChange::kReplaced:
      if (may_replace) TakeReplacement();
      return true;
    case completion::ModelChange::kOverwritten:
      break;
  }
  error_ = MakeError(ErrorCode::kIo, kOverwritten);
  return false;
}

// What cannot be loaded is not tried twice: it may be half written.
void HostedModel::TakeReplacement() {
  if (!look_ || completion::Clock::now() < look_at_) return;
  if (!FilesHaveSettled() || looked_.empty()) return;
  tried_ = looked_;
  auto ready = loader_();
  if (ready) {
    WriteLog(LogLevel::kInfo, "the model's file was replaced");
    return Take(std::move(*ready));
  }
  WriteLog(LogLevel::kWarning,
           fmt::format("the model's file was replaced, and krait goes on with "
                       "the one before: {}",
                       ready.error().message));
}

bool HostedModel::FilesHaveSettled() {
  engine::ModelStamp now = look_();
  look_at_ = completion::Clock::now() + kLookEvery;
  const bool settled = now == looked_;
  looked_ = std::move(now);
  return settled && looked_ != tried_;
}

void HostedModel::Unload() {
  WriteLog(LogLevel::kWarning, error_->message);
  Drop();
  tried_.clear();  // what is there now is worth a try
  looked_.clear();
  look_at_ = completion::Clock::now() + kLookEvery;
  on_news_({.loaded = *error_});
}

bool HostedModel::ShouldLoadAgain(bool asked) {
  if (asked || !error_) return asked && error_;
  if (completion::Clock::now() < look_at_) return false;
  if (no_memory_to_load_) return true;
  return look_ && FilesHaveSettled();
}

std::optional<completion::Clock::time_point> HostedModel::LoadsAgainAt() const {
  if (!error_ || (!look_ && !no_memory_to_load_)) return std::nullopt;
  return look_at_;
}

}  // namespace krait::daemon
