// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/keystroke_session.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "daemon/completion/generator/forwarding_generator.h"
#include "daemon/host/local/make_generator.h"
#include "lsp/position.h"
#include "lsp/uri.h"

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;
using lsp::PositionEncoding;

// Between two keystrokes there is time for a parse.
constexpr std::chrono::seconds kParsePatience{10};

std::string UriOf(const ScriptFile& file) {
  return lsp::PathToUri("/bench/" + file.name);
}

base::Error FromLsp(const lsp::Error& error) {
  return MakeError(ErrorCode::kInvalidArgument, error.message);
}

bool HasFiles(const fs::path& directory) {
  std::error_code error;
  return !directory.empty() && fs::exists(directory, error) &&
         !fs::is_empty(directory, error) && !error;
}

}  // namespace

class KeystrokeSession::Stopwatch : public completion::ForwardingGenerator {
 public:
  Stopwatch(completion::Generator& inner, bool full_length)
      : ForwardingGenerator(inner), full_length_(full_length) {}

  completion::Clock::time_point first_token() const { return first_token_; }

  std::unique_ptr<completion::RunningGeneration> Begin(
      completion::GeneratorRequest request, std::stop_token stop) override {
    request.ignore_end = full_length_;
    request.may_resume = false;  // each answer is to be paid for
    begun_ = false;
    request.on_piece = [this, on_piece = std::move(request.on_piece),
                        wanted = true](const completion::Piece& piece) mutable {
      NoteBeginning();
      wanted = wanted && on_piece(piece);
      return wanted || full_length_;
    };
    auto generation =
        ForwardingGenerator::Begin(std::move(request), std::move(stop));
    if (generation->outcome()) NoteBeginning();
    return generation;
  }
  void Advance(
      std::span<completion::RunningGeneration* const> generations) override {
    ForwardingGenerator::Advance(generations);
    // Without a token the answer is the beginning.
    if (generations.front()->outcome()) NoteBeginning();
  }

 private:
  void NoteBeginning() {
    if (!begun_) first_token_ = completion::Clock::now();
    begun_ = true;
  }

  const bool full_length_;
  bool begun_ = false;
  completion::Clock::time_point first_token_;
};

KeystrokeSession::KeystrokeSession(SessionOptions options,
                                   const std::vector<ScriptFile>& files)
    : options_(std::move(options)), files_(files), cursors_(files.size()) {}

KeystrokeSession::~KeystrokeSession() = default;

base::Result<std::unique_ptr<KeystrokeSession>> KeystrokeSession::Start(
    SessionOptions options, const std::vector<ScriptFile>& files) {
  std::unique_ptr<KeystrokeSession> session(
      new KeystrokeSession(std::move(options), files));
  if (auto loaded = session->Load(); !loaded) return loaded.error();
  return session;
}

base::Status KeystrokeSession::Load() {
  auto ready = MakeGenerator(options_.model);
  if (!ready) return ready.error();
  generator_ = std::move(ready->generator);
  description_ = std::move(ready->description);
  threads_ = ready->threads;
  stopwatch_ = std::make_unique<Stopwatch>(*generator_, options_.full_length);
  service_ = std::make_unique<completion::CompletionService>(*stopwatch_);
  syntax_ = std::make_unique<SyntaxCache>();
  // The weights come from the disk, the threads begin to run.
  std::string some_text;
  for (size_t i = 0; i < 16; ++i) some_text += "warm = up(i)\n";
  completion::CompletionOptions completion = options_.completion;
  completion.max_tokens = 2;
  const auto warmed = service_->Complete(
      {.path = "", .before = some_text, .after = ""}, completion);
  if (!warmed) return warmed.error();
  return {};
}

base::Result<lsp::DocumentSnapshot> KeystrokeSession::Opened(size_t file) {
  const std::string uri = UriOf(files_[file]);
  lsp::DocumentSnapshot document = documents_.Get(uri);
  if (document == nullptr) {
    auto opened =
        documents_.Open({.uri = uri, .version = 1, .text = files_[file].text});
    if (!opened) return FromLsp(opened.error());
    document = *opened;
    syntax_->Update(document);
  }
  const completion::RequestSyntax syntax =
      syntax_->At(document, cursors_[file]);
  if (syntax.slot != nullptr) (void)syntax.slot->Wait(kParsePatience);
  return document;
}

base::Result<lsp::DocumentSnapshot> KeystrokeSession::Change(
    const KeystrokeStep& step, completion::Clock::time_point* begin) {
  auto document = Opened(step.file);
  if (!document) return document.error();
  lsp::DidChangeParams change{.uri = (*document)->uri,
                              .version = (*document)->version + 1};
  if (step.edit) {
    const auto position = [&](size_t byte_ofs) {
      return lsp::ToPosition((*document)->text, byte_ofs,
                             PositionEncoding::kUtf16);
    };
    change.changes.push_back(
        {.range = lsp::Range{position(step.edit->begin_ofs),
                             position(step.edit->end_ofs)},
         .text = step.edit->text});
  }
  *begin = completion::Clock::now();
  if (!step.edit) return document;
  const auto changed = documents_.Change(change);
  if (!changed) return FromLsp(changed.error());
  syntax_->Update(*changed);
  return changed->after;
}

completion::CompletionRequest KeystrokeSession::RequestAt(
    const lsp::DocumentSnapshot& document, size_t cursor_ofs) {
  const completion::WindowLimits& limits = options_.completion.limits;
  completion::CompletionRequest request;
  request.path = lsp::UriToPath(document->uri).value_or("");
  request.origin = request.path;
  request.before = document->text.TextBefore(
      cursor_ofs, std::max(completion::EnoughBytesBefore(limits),
                           completion::kRememberedBytes));
  request.after = document->text.TextAfter(
      cursor_ofs, std::max(completion::EnoughBytesAfter(limits),
                           completion::kRememberedBytes));
  request.syntax = syntax_->At(document, cursor_ofs);
  return request;
}

base::Result<RequestCost> KeystrokeSession::Run(const KeystrokeStep& step) {
  completion::Clock::time_point begin;
  const auto document = Change(step, &begin);
  if (!document) return document.error();
  cursors_[step.file] = step.cursor_ofs;
  const auto completion = service_->Complete(
      RequestAt(*document, step.cursor_ofs), options_.completion);
  const auto end = completion::Clock::now();
  if (!completion) return completion.error();
  return RequestCost{.trace = completion->trace,
                     .to_first_token = stopwatch_->first_token() - begin,
                     .whole = end - begin};
}

base::Status KeystrokeSession::Warm(const KeystrokeStep& step) {
  completion::Clock::time_point begin;
  const auto document = Change(step, &begin);
  if (!document) return document.error();
  const auto request = RequestAt(*document, step.cursor_ofs);
  auto warmed = service_->Warm(request, options_.completion);
  if (warmed) warmed = service_->ReadAhead(request, options_.completion);
  return warmed;
}

base::Result<bool> KeystrokeSession::Restart() {
  constexpr auto kPatience = std::chrono::minutes(10);
  generator_->SaveWarmStates();
  if (auto saved = generator_->FinishSaving(kPatience); !saved) {
    return saved.error();
  }
  service_.reset();
  stopwatch_.reset();
  generator_.reset();
  if (!HasFiles(options_.model.state_dir)) {
    if (auto loaded = Load(); !loaded) return loaded.error();
    return false;
  }
  if (auto loaded = Load(); !loaded) return loaded.error();
  // What is measured is what the states are worth, not who is faster.
  (void)generator_->FinishSaving(kPatience);
  for (const ScriptFile& file : files_) {
    if (const auto document = documents_.Get(UriOf(file))) {
      syntax_->Update(document);
    }
  }
  return true;
}

}  // namespace krait::daemon
