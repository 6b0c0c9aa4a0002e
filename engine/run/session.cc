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

DecodeStep Session::StepTo(TokenId token, size_t enough) {
  assert(enough <= kMaxTopLogits);
  top_.Clear();
  return {.token = token,
          .state = state_.get(),
          .logits = {.all = logits_.data(), .enough = enough, .top = &top_}};
}

void Session::Decode(TokenId token, size_t enough) {
  const DecodeStep step = StepTo(token, enough);
  model_->Decode({&step, 1}, *executor_);
}

void Session::Replay(const BlockPieces& block, size_t rows) {
  model_->Replay(block, rows, *state_, *executor_);
}

Status Session::PrefillAllLogits(std::span<const TokenId> tokens,
                                 std::vector<float>* logits) {
  if (Status checked = CheckTokens(*model_, tokens); !checked) return checked;
  const size_t vocab = logits_.size();
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
  return logits_;
}

NextLogits Session::next() const {
  return top_.empty() ? NextLogits(logits()) : NextLogits(top_);
}

void Session::CopyFrom(const Session& other) {
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
  state_->Reset();
  top_.Clear();
}

void DecodeBatch(std::span<Session* const> sessions,
                 std::span<const TokenId> tokens,
                 std::span<const size_t> enough) {
  assert(enough.empty() || enough.size() == tokens.size());
  assert(!sessions.empty() && sessions.size() == tokens.size());
  std::vector<DecodeStep> steps;
  steps.reserve(sessions.size());
  for (size_t i = 0; i < sessions.size(); ++i) {
    assert(sessions[i]->model_ == sessions[0]->model_);
    steps.push_back(
        sessions[i]->StepTo(tokens[i], enough.empty() ? 0 : enough[i]));
  }
  Session& first = *sessions[0];
  first.model_->Decode(steps, *first.executor_);
}

}  // namespace krait::engine
