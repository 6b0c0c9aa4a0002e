// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_FAKE_GENERATOR_H_
#define KRAIT_TESTS_DAEMON_FAKE_GENERATOR_H_

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "daemon/completion/generator/generator.h"

namespace krait::daemon {

// A model that says what the test wants: a token for each byte by default,
// whose id is the byte.
class FakeGenerator : public completion::Generator {
 public:
  explicit FakeGenerator(std::string answer) {
    for (const char c : answer) pieces_.emplace_back(1, c);
  }
  explicit FakeGenerator(std::vector<std::string> pieces)
      : pieces_(std::move(pieces)) {}

  size_t context_length() const override { return context_length_; }
  void set_context_length(size_t length) { context_length_ = length; }
  // How sure the model is of each token: the log of its probability.
  void set_logprob(float logprob) { logprob_ = logprob; }
  // The same for each piece.
  void set_logprobs(std::vector<float> logprobs) {
    logprobs_ = std::move(logprobs);
  }
  // What it says from where the first token is not the likeliest: for rank 1,
  // 2, ...; nothing for ranks beyond.
  void set_alternatives(std::vector<std::vector<std::string>> alternatives) {
    alternatives_ = std::move(alternatives);
  }

  completion::ModelHints hints() const override { return hints_; }
  void set_confidence(const completion::ConfidenceThresholds& confidence) {
    hints_.confidence = confidence;
  }
  void set_confidence_of(const std::string& language,
                         const completion::ConfidenceThresholds& confidence) {
    hints_.confidence_of[language] = confidence;
  }
  void set_languages(std::vector<std::string> languages) {
    hints_.languages = std::move(languages);
  }
  // Called before each token.
  void set_before_token(std::function<void()> hook) {
    before_token_ = std::move(hook);
  }

  // Four bytes a token, rounded up.
  size_t CountTokens(std::string_view text) const override {
    return (text.size() + 3) / 4;
  }

  std::unique_ptr<completion::RunningGeneration> Begin(
      completion::GeneratorRequest request, std::stop_token stop) override {
    ++calls;
    path = request.prompt.path;
    prefix = request.prompt.prefix;
    suffix = request.prompt.suffix;
    earlier_suffix = request.prompt.earlier_suffix;
    others.clear();
    const auto& remembered = request.prompt.remembered;
    if (remembered && remembered->others != nullptr) {
      for (const completion::NearbyText& other : *remembered->others) {
        others.push_back(other.source->Read(size_t{1} << 20));
      }
    }
    max_tokens = request.max_tokens;
    return std::make_unique<FakeGeneration>(*this, std::move(request),
                                            std::move(stop));
  }
  void Advance(
      std::span<completion::RunningGeneration* const> generations) override {
    most_at_once = std::max(most_at_once, generations.size());
    for (completion::RunningGeneration* const generation : generations) {
      static_cast<FakeGeneration*>(generation)->SayNext();
    }
  }

  // Called by Warm for each of its slices, which end when it returns false.
  void set_on_slice(
      std::function<bool(const completion::GeneratorPrompt&)> hook) {
    on_slice_ = std::move(hook);
  }
  base::Status Warm(const completion::GeneratorPrompt& prompt,
                    std::stop_token stop) override {
    while (on_slice_ && on_slice_(prompt)) {
      if (stop.stop_requested()) {
        return base::MakeError(base::ErrorCode::kCancelled, "stopped");
      }
    }
    return {};
  }

  void set_on_read_ahead(std::function<void()> hook) {
    on_read_ahead_ = std::move(hook);
  }
  base::Status ReadAhead(const completion::GeneratorPrompt& /*prompt*/,
                         std::stop_token /*stop*/) override {
    if (on_read_ahead_) on_read_ahead_();
    return {};
  }

  void set_on_save(std::function<void()> hook) { on_save_ = std::move(hook); }
  void SaveWarmStates() override {
    if (on_save_) on_save_();
  }
  void Forget(const completion::ForgetScope& scope,
              std::function<void(size_t)> done) override {
    forgotten = scope;
    if (on_forget_) on_forget_(scope);
    done(7);
  }
  void set_on_forget(std::function<void(const completion::ForgetScope&)> hook) {
    on_forget_ = std::move(hook);
  }
  base::MemoryUse memory_use() const override { return memory; }
  void GiveBack(size_t bytes) override {
    memory.bytes -= std::min(memory.bytes, bytes);
  }
  void set_check(std::function<completion::ModelChange()> check) {
    check_ = std::move(check);
  }
  completion::ModelChange CheckModel() const override {
    return check_ ? check_() : completion::ModelChange::kNone;
  }

  // Of the last call.
  std::string path;
  std::string prefix;
  std::string suffix;
  std::optional<std::string> earlier_suffix;
  std::vector<std::string> others;  // texts that it was reminded of
  size_t max_tokens = 0;
  int calls = 0;
  size_t most_at_once = 0;  // generations in an Advance
  completion::ForgetScope forgotten;
  base::MemoryUse memory;  // what it is to be taken to hold

 private:
  class FakeGeneration : public completion::RunningGeneration {
   public:
    FakeGeneration(const FakeGenerator& generator,
                   completion::GeneratorRequest request, std::stop_token stop)
        : generator_(generator),
          request_(std::move(request)),
          stop_(std::move(stop)) {
      report_.plan = completion::PromptPlan::kSpm;
      report_.tokens_computed = generator.CountTokens(request_.prompt.prefix) +
                                generator.CountTokens(request_.prompt.suffix);
    }

    void StopIfAsked() override {
      if (outcome_ || !stop_.stop_requested()) return;
      outcome_ = base::MakeError(base::ErrorCode::kCancelled, "cancelled");
    }

    // Says one piece.
    void SayNext() {
      if (outcome_) return;
      const auto& pieces = generator_.PiecesOf(request_.first_rank);
      const size_t next = report_.tokens_generated;
      if (next == pieces.size())
        return End(completion::GenerationEnd::kEndOfSequence);
      if (generator_.before_token_) generator_.before_token_();
      if (StopIfAsked(); outcome_) return;
      if (next == request_.max_tokens) {
        return End(completion::GenerationEnd::kMaxTokens);
      }
      ++report_.tokens_generated;
      if (!request_.on_piece({.id = generator_.IdOf(pieces[next]),
                              .bytes = pieces[next],
                              .logprob = generator_.LogprobOf(next)})) {
        End(completion::GenerationEnd::kEnough);
      }
    }

   private:
    void End(completion::GenerationEnd end) {
      report_.end = end;
      outcome_ = report_;
    }

    const FakeGenerator& generator_;
    const completion::GeneratorRequest request_;
    const std::stop_token stop_;
    completion::GeneratorReport report_;
  };

  const std::vector<std::string>& PiecesOf(size_t rank) const {
    static const std::vector<std::string> kNone;
    if (rank == 0) return pieces_;
    return rank <= alternatives_.size() ? alternatives_[rank - 1] : kNone;
  }
  float LogprobOf(size_t index) const {
    return index < logprobs_.size() ? logprobs_[index] : logprob_;
  }

  completion::PieceId IdOf(const std::string& piece) const {
    const auto found = std::find(pieces_.begin(), pieces_.end(), piece);
    return static_cast<completion::PieceId>(found - pieces_.begin());
  }

  std::vector<std::string> pieces_;
  size_t context_length_ = 0;
  float logprob_ = 0;
  std::vector<float> logprobs_;
  std::vector<std::vector<std::string>> alternatives_;
  completion::ModelHints hints_;
  std::function<void()> before_token_;
  std::function<bool(const completion::GeneratorPrompt&)> on_slice_;
  std::function<void()> on_read_ahead_;
  std::function<void()> on_save_;
  std::function<void(const completion::ForgetScope&)> on_forget_;
  std::function<completion::ModelChange()> check_;
};

}  // namespace krait::daemon

#endif  // KRAIT_TESTS_DAEMON_FAKE_GENERATOR_H_
