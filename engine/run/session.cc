// SPDX-License-Identifier: Apache-2.0
#include "engine/run/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "simd/elementwise.h"

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

Session::Session(std::shared_ptr<const Model> model, WorkerPool& pool)
    : model_(std::move(model)),
      pool_(pool),
      state_(model_->NewState()),
      scratch_(model_->NewScratch(pool)),
      logits_(model_->hyperparameters().vocab) {}

Status Session::Prefill(std::span<const TokenId> tokens, std::stop_token stop) {
  if (Status checked = CheckTokens(*model_, tokens); !checked) return checked;
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
    model_->Forward(Pass::kPrefill, tokens.first(batch), *state_, *scratch_,
                    pool_, rows, logits_.data());
    tokens = tokens.subspan(batch);
  }
  return {};
}

void Session::Decode(TokenId token) {
  model_->Forward(Pass::kDecode, {&token, 1}, *state_, *scratch_, pool_,
                  LogitsRows::kLast, logits_.data());
}

void Session::Replay(std::shared_ptr<const StateBlock> block, size_t rows) {
  model_->Replay(std::move(block), rows, *state_, *scratch_, pool_);
}

Status Session::PrefillAllLogits(std::span<const TokenId> tokens,
                                 std::vector<float>* logits) {
  if (Status checked = CheckTokens(*model_, tokens); !checked) return checked;
  const size_t vocab = logits_.size();
  logits->resize(tokens.size() * vocab);
  for (size_t done = 0; done < tokens.size();) {
    const size_t batch = std::min(tokens.size() - done, Model::kMaxBatch);
    model_->Forward(Pass::kPrefill, tokens.subspan(done, batch), *state_,
                    *scratch_, pool_, LogitsRows::kAll,
                    logits->data() + done * vocab);
    done += batch;
  }
  if (!tokens.empty()) {
    std::copy_n(logits->end() - static_cast<ptrdiff_t>(vocab), vocab,
                logits_.begin());
  }
  return {};
}

std::span<const float> Session::logits() const {
  if (state_->position() == 0) return {};
  return logits_;
}

void Session::CopyFrom(const Session& other) {
  state_->CopyFrom(*other.state_);
  logits_ = other.logits_;
}

std::vector<StateTensor> Session::ExportState() {
  const std::unique_ptr<State> settled = state_->Clone();
  model_->Settle(*settled, *scratch_, pool_);
  return settled->Export();
}

void Session::Reset() {
  state_->Reset();
}

Generation Generate(Session& session, const GenerateOptions& options,
                    std::stop_token stop) {
  Generation result;
  Sampler sampler(options.sampler);
  std::optional<TokenId> end;
  if (!options.ignore_end_of_sequence && session.model().has_tokenizer()) {
    end = session.model().tokenizer().special().eos;
  }
  while (result.tokens.size() < options.max_tokens) {
    if (stop.stop_requested()) {
      result.reason = StopReason::kCancelled;
      return result;
    }
    const std::span<const float> logits =
        options.beginning == nullptr
            ? session.logits()
            : options.beginning->Restrict(session.logits());
    const std::optional<TokenId> token = sampler.Sample(logits);
    if (!token) {
      result.reason = StopReason::kNotFinite;
      return result;
    }
    if (end && *token == *end) {
      result.reason = StopReason::kEndOfSequence;
      return result;
    }
    const float logprob =
        logits[*token] - simd::LogSumExp(logits.data(), logits.size());
    result.tokens.push_back(*token);
    result.sum_logprob += static_cast<double>(logprob);
    if (options.on_token && !options.on_token(*token, logprob)) {
      result.reason = StopReason::kCallback;
      return result;
    }
    // The last token is not fed: nobody would read its logits.
    if (result.tokens.size() == options.max_tokens) break;
    session.Decode(*token);
  }
  result.reason = StopReason::kMaxTokens;
  return result;
}

}  // namespace krait::engine
