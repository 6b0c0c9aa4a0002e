// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/keystroke_bench.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {
namespace {

size_t BeginOfLineAt(std::string_view text, size_t ofs) {
  if (ofs == 0) return 0;
  const size_t newline = text.rfind('\n', ofs - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

// The texts of all files as a server's client knows them.
class HttpSide {
 public:
  HttpSide(const Peer& peer, const std::vector<ScriptFile>& files,
           size_t max_tokens)
      : peer_(peer), max_tokens_(max_tokens) {
    for (const ScriptFile& file : files) texts_.push_back(file.text);
  }

  // So that neither the first request pays for what every server does once,
  // nor finds what an earlier round left.
  base::Status WarmUp() {
    const InfillRequest request{.prefix = "warm = up(1)\n",
                                .prompt = "warm = ",
                                .suffix = "\n",
                                .max_tokens = 2};
    if (auto asked = AskInfill(peer_.server, request, peer_.timeout); !asked) {
      return asked.error();
    }
    return {};
  }

  // The edit alone, where there is nothing to compare.
  void Follow(const KeystrokeStep& step) {
    if (step.edit) ApplyEdit(*step.edit, &texts_[step.file]);
  }

  base::Result<InfillAnswer> Run(const KeystrokeStep& step) {
    Follow(step);
    InfillRequest request = InfillWindow(texts_[step.file], step.cursor_ofs,
                                         peer_.lines_before, peer_.lines_after);
    request.max_tokens = max_tokens_;
    return AskInfill(peer_.server, request, peer_.timeout);
  }

 private:
  const Peer& peer_;
  const size_t max_tokens_;
  std::vector<std::string> texts_;
};

PeerCost PeerCostOf(const InfillAnswer& answer) {
  return {.tokens_computed = answer.tokens_computed,
          .prefill_ms = answer.prefill_ms,
          .whole_ms = answer.whole.count() * 1e3};
}

completion::Clock::duration Milliseconds(const std::optional<double>& ms) {
  return std::chrono::duration_cast<completion::Clock::duration>(
      std::chrono::duration<double, std::milli>(ms.value_or(0)));
}

// As krait says it of itself in `timings`.
RequestCost RequestCostOf(const InfillAnswer& answer) {
  const auto tokens = [](const std::optional<double>& count) {
    return static_cast<size_t>(count.value_or(0));
  };
  RequestCost cost;
  cost.trace.tokens_reused = tokens(answer.tokens_reused);
  cost.trace.tokens_computed = tokens(answer.tokens_computed);
  cost.trace.tokens_generated = tokens(answer.tokens_generated);
  cost.trace.prefill = Milliseconds(answer.prefill_ms);
  cost.trace.decode = Milliseconds(answer.decode_ms);
  cost.whole =
      std::chrono::duration_cast<completion::Clock::duration>(answer.whole);
  // The answer comes as a whole: this is when its first token was there.
  cost.to_first_token = std::max(completion::Clock::duration::zero(),
                                 cost.whole - cost.trace.decode);
  return cost;
}

using OnProgress = std::function<void(size_t done, size_t total)>;

base::Status Ask(HttpSide* peer, const KeystrokeStep& step,
                 StepSample* sample) {
  const auto theirs = peer->Run(step);
  if (!theirs) return theirs.error();
  sample->peer = PeerCostOf(*theirs);
  return {};
}

// Both by HTTP.
base::Result<KeystrokeRound> RunServed(const KeystrokeScript& script,
                                       const KeystrokeBenchOptions& options,
                                       std::optional<HttpSide>* peer,
                                       const OnProgress& on_progress) {
  HttpSide krait(*options.served, script.files,
                 options.session.completion.max_tokens);
  if (auto warmed = krait.WarmUp(); !warmed) return warmed.error();
  KeystrokeRound round{.model = options.served->server.url, .threads = 0};
  for (const KeystrokeStep& step : script.steps) {
    if (step.kind == StepKind::kRestart) {
      krait.Follow(step);
      if (*peer) (*peer)->Follow(step);
      continue;
    }
    const auto answer = krait.Run(step);
    if (!answer) return answer.error();
    StepSample sample{
        .kind = step.kind, .cost = RequestCostOf(*answer), .peer = {}};
    if (*peer) {
      if (auto asked = Ask(&**peer, step, &sample); !asked) {
        return asked.error();
      }
    }
    round.samples.push_back(std::move(sample));
    on_progress(round.samples.size(), script.steps.size());
  }
  return round;
}

}  // namespace

InfillRequest InfillWindow(std::string_view text, size_t cursor_ofs,
                           size_t lines_before, size_t lines_after) {
  const size_t line = BeginOfLineAt(text, cursor_ofs);
  size_t begin = line;
  for (size_t i = 0; i < lines_before && begin > 0; ++i) {
    begin = BeginOfLineAt(text, begin - 1);
  }
  size_t end = cursor_ofs;
  for (size_t i = 0; i <= lines_after && end < text.size(); ++i) {
    const size_t newline = text.find('\n', end);
    end = newline == std::string_view::npos ? text.size() : newline + 1;
  }
  return {.prefix = std::string(text.substr(begin, line - begin)),
          .prompt = std::string(text.substr(line, cursor_ofs - line)),
          .suffix = std::string(text.substr(cursor_ofs, end - cursor_ofs))};
}

base::Result<KeystrokeRound> RunKeystrokes(
    const std::vector<ScriptFile>& files, const KeystrokeBenchOptions& options,
    const std::function<void(size_t done, size_t total)>& on_progress) {
  const KeystrokeScript script = MakeKeystrokeScript(files, options.script);
  std::optional<HttpSide> peer;
  if (options.peer) {
    peer.emplace(*options.peer, script.files,
                 options.session.completion.max_tokens);
    if (auto warmed = peer->WarmUp(); !warmed) return warmed.error();
  }
  if (options.served) return RunServed(script, options, &peer, on_progress);
  auto session = KeystrokeSession::Start(options.session, script.files);
  if (!session) return session.error();
  KeystrokeRound round{.model = (*session)->description(),
                       .threads = (*session)->threads()};
  for (const KeystrokeStep& step : script.steps) {
    const bool restart = step.kind == StepKind::kRestart;
    if (restart) {
      // What is loaded again is not what was held.
      round.all_files = (*session)->warm_status();
      const auto restored = (*session)->Restart();
      if (!restored) return restored.error();
      round.restart_left_out = !*restored;
      if (!*restored) continue;
    }
    const auto cost = (*session)->Run(step);
    if (!cost) return cost.error();
    StepSample sample{.kind = step.kind, .cost = *cost, .peer = {}};
    if (round.samples.empty()) round.one_file = (*session)->warm_status();
    // Restarting the peer is not ours to do.
    if (peer && restart) peer->Follow(step);
    if (peer && !restart) {
      if (auto asked = Ask(&*peer, step, &sample); !asked) {
        return asked.error();
      }
    }
    round.samples.push_back(std::move(sample));
    on_progress(round.samples.size(), script.steps.size());
    if (!options.warming) continue;
    const auto warmed = (*session)->Warm(
        {.kind = step.kind, .file = step.file, .cursor_ofs = step.cursor_ofs});
    if (!warmed) return warmed.error();
  }
  if (round.all_files.budget_bytes == 0) {
    round.all_files = (*session)->warm_status();
  }
  return round;
}

}  // namespace krait::daemon
