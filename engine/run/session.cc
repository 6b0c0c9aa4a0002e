// SPDX-License-Identifier: Apache-2.0
#include "engine/run/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace krait::engine {
namespace {

Status CheckTokens(const Model& model, std::span<const TokenId> tokens) {
  const size_t vocab = model.hyperparameters().vocab;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i] >= vocab) {
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("token id {} at index {} is outside of the vocabulary "
                      "of {} tokens",
                      tokens[i], i, vocab));
    }
  }
  return {};
}

}  // namespace

Session::Session(std::shared_ptr<const Model> model,
                 std::shared_ptr<Executor> executor)
    : model_(std::move(model)),
      executor_(std::move(executor)),
      state_(model_->NewState()),
      logits_(model_->hyperparameters().vocab) {}

Session::Session(std::shared_ptr<const Model> model, WorkerPool& pool)
    : Session(model, model->NewExecutor(pool)) {}

Status Session::Prefill(std::span<const TokenId> tokens, std::stop_token stop) {
  if (Status checked = CheckTokens(*model_, tokens); !checked) return checked;
  DropDraft();
  top_.Clear();
  while (!tokens.empty()) {
    if (stop.stop_requested()) {
      return MakeError(ErrorCode::kCancelled, "cancelled");
    }
    // A batch that ends on the grid leaves no tail to be run again.
    const size_t to_grid =
        Model::kMaxBatch - state_->position() % Model::kMaxBatch;
    const size_t batch = std::min(tokens.size(), to_grid);
    const LogitsRows rows =
        batch == tokens.size() ? LogitsRows::kLast : LogitsRows::kNone;
    model_->Prefill(tokens.first(batch), *state_, *executor_, rows,
                    logits_.data());
    tokens = tokens.subspan(batch);
  }
  return {};
}

void Session::AppendSteps(const DecodeFeed& feed,
                          std::vector<DecodeStep>* steps) {
  assert(feed.enough <= kMaxTopLogits);
  assert(feed.draft.empty() || model_->TakesDrafts());
  DropDraft();
  top_.Clear();
  draft_.assign(feed.draft.begin(), feed.draft.end());
  const size_t vocab = model_->hyperparameters().vocab;
  logits_.resize((1 + draft_.size()) * vocab);
  steps->push_back(
      {.token = feed.token,
       .state = state_.get(),
       .logits = {.all = logits_.data(), .enough = feed.enough, .top = &top_}});
  for (size_t i = 0; i < draft_.size(); ++i) {
    steps->push_back({.token = draft_[i],
                      .state = state_.get(),
                      .logits = {.all = logits_.data() + (1 + i) * vocab}});
  }
}

void Session::DropDraft() {
  if (taken_ < draft_.size()) {
    [[maybe_unused]] const bool is_back =
        state_->Rewind(state_->position() - (draft_.size() - taken_));
    assert(is_back);
  }
  draft_.clear();
  taken_ = 0;
}

bool Session::TakeDraft(TokenId token) {
  if (taken_ == draft_.size() || draft_[taken_] != token) return false;
  ++taken_;
  return true;
}

void Session::Decode(TokenId token, size_t enough) {
  const DecodeFeed feed{.session = this, .token = token, .enough = enough};
  DecodeBatch({&feed, 1});
}

void Session::Replay(const BlockPieces& block, size_t rows) {
  DropDraft();
  model_->Replay(block, rows, *state_, *executor_);
}

Status Session::PrefillAllLogits(std::span<const TokenId> tokens,
                                 std::vector<float>* logits) {
  if (Status checked = CheckTokens(*model_, tokens); !checked) return checked;
  const size_t vocab = model_->hyperparameters().vocab;
  DropDraft();
  top_.Clear();
  logits->resize(tokens.size() * vocab);
  for (size_t done = 0; done < tokens.size();) {
    const size_t batch = std::min(tokens.size() - done, Model::kMaxBatch);
    model_->Prefill(tokens.subspan(done, batch), *state_, *executor_,
                    LogitsRows::kAll, logits->data() + done * vocab);
    done += batch;
  }
  if (!tokens.empty()) {
    std::copy_n(logits->end() - static_cast<ptrdiff_t>(vocab), vocab,
                logits_.begin());
  }
  return {};
}

std::span<const float> Session::logits() const {
  assert(top_.empty());
  if (state_->position() == 0) return {};
  const size_t vocab = model_->hyperparameters().vocab;
  return std::span(logits_).subspan(taken_ * vocab, vocab);
}

NextLogits Session::next() const {
  return top_.empty() ? NextLogits(logits()) : NextLogits(top_);
}

void Session::CopyFrom(const Session& other) {
  assert(other.draft_.empty());
  draft_.clear();
  taken_ = 0;
  state_->CopyFrom(*other.state_);
  logits_ = other.logits_;
  top_ = other.top_;
}

std::vector<StateTensor> Session::ExportState() {
  const std::unique_ptr<State> settled = state_->Clone();
  model_->Settle(*settled, *executor_);
  return settled->Export();
}

void Session::Reset() {
  DropDraft();
  state_->Reset();
  top_.Clear();
}

void DecodeBatch(std::span<const DecodeFeed> feeds) {
  assert(!feeds.empty());
  std::vector<DecodeStep> steps;
  steps.reserve(feeds.size());
  for (const DecodeFeed& feed : feeds) {
    assert(feed.session->model_ == feeds[0].session->model_);
    feed.session->AppendSteps(feed, &steps);
  }
  const Session& first = *feeds[0].session;
  first.model_->Decode(steps, *first.executor_);
}

}  // namespace krait::engine
