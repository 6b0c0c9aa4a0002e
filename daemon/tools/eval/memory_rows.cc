// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/eval/memory_rows.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/completion/completion_service.h"
#include "daemon/tools/eval/exercise.h"
#include "engine/run/beginning.h"
#include "simd/elementwise.h"

namespace krait::daemon {
namespace {

// What the cursor's line is to be completed to, and a newline with a little of
// what is behind it: the newline's token may have that line's indentation.
struct WantedLine {
  std::string line;
  std::string behind;
};

WantedLine WantedOf(const FimCase& fim_case) {
  constexpr size_t kEnough = 80;
  const std::string text = fim_case.middle + fim_case.suffix;
  const size_t begin =
      std::min(fim_case.middle.find_first_not_of('\n'), fim_case.middle.size());
  // What follows the middle on its last line was not asked for.
  const size_t end =
      std::min(fim_case.middle.find('\n', begin), fim_case.middle.size());
  const size_t newline = std::min(text.find('\n', end), text.size());
  WantedLine wanted{.line = fim_case.middle.substr(begin, end - begin),
                    .behind = text.substr(newline, kEnough)};
  if (wanted.behind.empty()) wanted.behind = "\n";
  return wanted;
}

class CaseText final : public completion::TextSource {
 public:
  explicit CaseText(const FimCase& fim_case)
      : text_(fim_case.prefix + fim_case.middle + fim_case.suffix) {}
  std::string Read(size_t max_bytes) const override {
    return text_.substr(0, max_bytes);
  }

 private:
  const std::string text_;
};

std::string RowOf(const FimCase& fim_case, double model,
                  const engine::TextMemory& memory, engine::TokenId token) {
  boost::json::array votes;
  for (const engine::MemoryVote& vote : memory.votes()) {
    boost::json::array json;
    json.push_back(vote.length);
    json.push_back(memory.CountOf(vote, token) /
                   static_cast<double>(vote.count));
    for (const float feature : vote.features) json.push_back(feature);
    votes.push_back(std::move(json));
  }
  boost::json::object row;
  row["language"] = fim_case.language;
  row["model"] = model;
  row["votes"] = std::move(votes);
  return base::JsonText(row);
}

}  // namespace

MemoryRows::MemoryRows(const LoadedModel& loaded, engine::MemoryWeights weights)
    : model_(*loaded.model),
      planner_(model_.tokenizer(), model_.hyperparameters()),
      memory_(model_.tokenizer(), std::move(weights)),
      session_(loaded.model, *loaded.pool) {}

void MemoryRows::OpenFilesOf(std::span<const FimCase> cases, size_t most) {
  most_open_ = most;
  std::unordered_set<std::string> names;
  for (const FimCase& fim_case : cases) {
    const std::string name = fim_case.language + ":" + fim_case.path;
    if (!names.insert(name).second) continue;
    open_.push_back(
        {.path = fim_case.path,
         .language = fim_case.language,
         .text = {.name = name,
                  .source = std::make_shared<const CaseText>(fim_case)}});
  }
}

std::vector<completion::NearbyText> MemoryRows::OthersOf(
    const FimCase& fim_case) const {
  std::vector<completion::OpenText> others;
  for (const completion::OpenText& open : open_) {
    if (open.language == fim_case.language && open.path != fim_case.path) {
      others.push_back(open);
    }
  }
  auto nearest = completion::NearestTexts(std::move(others), fim_case.path,
                                          fim_case.language);
  if (nearest.size() > most_open_) nearest.resize(most_open_);
  return nearest;
}

base::Status MemoryRows::Add(
    const FimCase& fim_case,
    const std::function<void(const std::string&)>& on_row) {
  const completion::WindowLimits limits;
  const auto count = [this](std::string_view text) {
    return planner_.CountTokens(text);
  };
  completion::GeneratorPrompt prompt;
  prompt.prefix =
      completion::CutPrefix(fim_case.prefix, limits.prefix_tokens, count);
  prompt.suffix =
      completion::CutSuffix(fim_case.suffix, limits.suffix_tokens, count);
  const auto plan =
      planner_.PlanNow(prompt, Healing::kWord,
                       [](const auto& /*tokens*/) { return PromptCost(); });
  if (!plan) return plan.error();
  const std::vector<completion::NearbyText> others = OthersOf(fim_case);
  const auto repository = MakeExercise(fim_case).request.repository;
  const completion::RememberedTexts around{.before = fim_case.prefix,
                                           .after = fim_case.suffix,
                                           .others = &others,
                                           .repository = repository.get()};
  const auto memory = memory_.At("", around, plan->beginning);
  engine::Beginning beginning(model_.tokenizer(), plan->beginning);
  const WantedLine line = WantedOf(fim_case);
  const std::string wanted = plan->beginning + line.line;

  session_.Reset();
  if (auto read = session_.Prefill(plan->tokens); !read) return read;
  size_t said = 0;
  for (const engine::TokenId token : model_.tokenizer().Encode(
           wanted + line.behind, engine::DummyPrefix::kNone)) {
    if (said > wanted.size()) break;  // the newline, too
    said += model_.tokenizer().TokenBytes(token).size();
    const auto logits = beginning.Restrict(session_.logits());
    memory->Mix(logits, beginning.text());
    const float log_sum = simd::LogSumExp(logits.data(), logits.size());
    on_row(RowOf(fim_case, static_cast<double>(logits[token] - log_sum),
                 *memory, token));
    memory->Accept(token);
    beginning.Accept(token);
    session_.Decode(token);
  }
  return {};
}

}  // namespace krait::daemon
