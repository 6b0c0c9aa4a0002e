// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/text_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

// No generator lets the model choose more tokens anew; the watch ends in time.
constexpr size_t kMostHealedTokens = 16;

}  // namespace

TextTask::TextTask(TextJob job, PostToOwner post)
    : Task(TaskPriority::kWaitedFor, std::move(job.document)),
      job_(std::move(job)),
      post_(std::move(post)) {
  auto& place = job_.request.place;
  if (place) place->document = IdentityOf(document());
}

void TextTask::Forbid(const std::string& uri) {
  auto& place = job_.request.place;
  if (place) completion::LeaveOut(uri, &place->others);
}

void TextTask::Begin(const TaskModel& model, std::stop_token stop) {
  begin_ = completion::Clock::now();
  stop_.emplace(job_.stop, stop);
  generator_ = &model.generator;
  if (const auto ready = Prepare(model); !ready) {
    error_ = ready.error();
    return;
  }
  BeginChoice();
}

base::Status TextTask::Prepare(const TaskModel& model) {
  TextRequest& request = job_.request;
  if (request.place) {
    completion::CompletionOptions options;
    options.limits = request.limits;
    options.max_tokens = request.max_tokens;
    options.file_memory = request.file_memory;
    place_ = model.completions.PlaceAt(*request.place, options);
    answer_.truncated = place_.prefix.size() < place_.whole_before.size() ||
                        place_.suffix.size() < place_.whole_after.size();
    prompt_ = place_.prompt();
    // As completions have it: a fourth of the context for the answer.
    const size_t context = model.generator.context_length();
    if (context != 0) {
      request.max_tokens = std::min(request.max_tokens, context / 4);
    }
    return {};
  }
  prompt_.document = document().uri;
  prompt_.conversation = request.conversation.get();
  // It is for an engine elsewhere alone.
  if (prompt_.conversation != nullptr && request.vocabulary == nullptr) {
    return {};
  }
  if (request.vocabulary != model.generator.vocabulary()) {
    return MakeError(ErrorCode::kIo,
                     "the model was replaced meanwhile; ask again");
  }
  const size_t prompt_tokens = request.pieces.size();
  const size_t context = request.vocabulary == nullptr
                             ? 0
                             : request.vocabulary->facts().context_length;
  if (context != 0 && prompt_tokens >= context) {
    // Elsewhere it may fit; here it cannot be gone on with.
    if (prompt_.conversation != nullptr) return {};
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("the prompt has {} tokens, and the model can have {}",
                    prompt_tokens, context));
  }
  if (context != 0) {
    request.max_tokens = std::min(request.max_tokens, context - prompt_tokens);
  }
  prompt_.pieces = request.pieces;
  return {};
}

void TextTask::BeginChoice() {
  const size_t choice = running_.size();
  running_.push_back(std::make_unique<Running>(job_.request));
  Running* const running = running_.back().get();
  completion::GeneratorRequest request;
  request.prompt = prompt_;
  request.sampling = job_.request.sampling;
  request.max_tokens = job_.request.max_tokens;
  request.ignore_end = job_.request.ignore_end;
  request.heal_tokens = job_.request.place.has_value();
  request.likeliest = job_.request.likeliest.value_or(0);
  // What is said already is kept without them.
  request.may_resume = request.likeliest == 0;
  // What was typed already is said once more, and is not the answer's.
  const bool says_more = request.heal_tokens && request.max_tokens > 0;
  if (says_more) request.max_tokens += kMostHealedTokens;
  if (choice > 0) {
    if (request.sampling.temperature > 0) {
      request.sampling.seed += choice;
    } else {
      request.first_rank = choice;
    }
  }
  request.on_piece = [running](const completion::Piece& piece) {
    return running->watch.OnPiece(piece, completion::Clock::now());
  };
  running->generation = generator_->Begin(std::move(request), stop_->token());
}

void TextTask::AddGenerations(
    std::vector<completion::RunningGeneration*>* generations) {
  for (const auto& running : running_) {
    generations->push_back(running->generation.get());
  }
}

void TextTask::GoOn() {
  PostDeltas();
  if (running_.empty() || running_.size() == job_.request.choices) return;
  // The others find what the first has read.
  const auto& first = *running_.front();
  if (!first.watch.begun() && !first.generation->outcome()) return;
  const auto& outcome = first.generation->outcome();
  if (outcome && !*outcome) return;
  while (running_.size() < job_.request.choices) BeginChoice();
}

void TextTask::PostDeltas() {
  if (job_.on_delta == nullptr) return;
  for (size_t i = 0; i < running_.size(); ++i) {
    TextDelta delta = running_[i]->watch.Take(i);
    if (delta.text.empty()) continue;
    posted_ = true;
    post_(
        [on_delta = job_.on_delta, stop = job_.stop, delta = std::move(delta)] {
          if (!stop.stop_requested()) on_delta(delta);
        });
  }
}

void TextTask::StopIfAsked() {
  for (const auto& running : running_) running->generation->StopIfAsked();
}

bool TextTask::ended() const {
  if (error_) return true;
  const bool all_ended = std::ranges::all_of(running_, [](const auto& running) {
    return running->generation->outcome().has_value();
  });
  if (!all_ended) return false;
  if (running_.size() == job_.request.choices) return true;
  // One that fails, or was stopped, is not followed by others.
  return !*running_.front()->generation->outcome();
}

void TextTask::LetGo() {
  running_.clear();
  stop_.reset();
  generator_ = nullptr;
}

void TextTask::LeaveModel() {
  for (size_t i = 0; i < running_.size() && !error_; ++i) {
    const auto& outcome = running_[i]->generation->outcome();
    if (!*outcome) {
      error_ = outcome->error();
    } else if (auto kept = Collect(**outcome, i == 0); !kept) {
      error_ = kept.error();
    } else {
      running_[i]->watch.End((*outcome)->end ==
                                     completion::GenerationEnd::kMaxTokens
                                 ? TextEnd::kLimit
                                 : TextEnd::kEndOfSequence);
    }
  }
  if (!error_) PostDeltas();
  for (const auto& running : running_) running->generation.reset();
  generator_ = nullptr;
}

base::Status TextTask::Collect(const completion::GeneratorReport& report,
                               bool first) {
  if (report.end == completion::GenerationEnd::kNotFinite) {
    return MakeError(ErrorCode::kBadFile, "the model's logits are not finite");
  }
  if (first) {
    answer_.trace = completion::TraceOf(report);
    answer_.prompt_tokens = answer_.cached_tokens() + report.tokens_computed;
    return {};
  }
  completion::CompletionTrace& trace = answer_.trace;
  trace.tokens_generated += report.tokens_generated;
  trace.tokens_computed += report.tokens_computed;
  trace.decode = std::max(trace.decode, report.decode);
  return {};
}

void TextTask::End() {
  if (error_) return Answer(*error_);
  answer_.trace.queue = begin_ - job_.queued;
  for (const auto& running : running_) {
    answer_.choices.push_back(running->watch.Finish());
  }
  Answer(std::move(answer_));
}

void TextTask::Fail(const base::Error& why) {
  Answer(why);
}

void TextTask::Answer(base::Result<TextAnswer> answer) {
  post_([on_done = job_.on_done, answer = std::move(answer)] {
    on_done(answer);
  });
}

}  // namespace krait::daemon
