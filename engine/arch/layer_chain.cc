// SPDX-License-Identifier: Apache-2.0
#include "engine/arch/layer_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/layers/weights.h"

namespace krait::engine {

Result<std::unique_ptr<const ModelPart>> LayerChain::Create(
    const ModelFile& file, std::vector<Link> links) {
  WeightReader read(file);
  OutputHead head;
  head.Read(file.hyperparameters(), read);
  if (!read.status()) return read.status().error();
  return std::unique_ptr<const ModelPart>(new LayerChain(
      file.hyperparameters(), std::move(head), std::move(links)));
}

LayerChain::LayerChain(const Hyperparameters& hparams, OutputHead head,
                       std::vector<Link> links)
    : d_model_(hparams.d_model),
      head_(std::move(head)),
      links_(std::move(links)) {
  std::vector<LayerRange> ranges;
  for (const Link& link : links_) ranges.push_back(link.layers);
  division_ = std::make_shared<const StateParts>(hparams, ranges);
}

size_t LayerChain::DecodeBytes() const {
  size_t bytes = 0;
  for (const Link& link : links_) bytes += link.part->DecodeBytes();
  return bytes;
}

// Where it is cut decides how results are rounded, too.
std::string LayerChain::ExecutorName() const {
  std::string name;
  for (const Link& link : links_) {
    name += fmt::format("{}{} layers: {}", name.empty() ? "" : ", ",
                        link.layers.count, link.part->ExecutorName());
  }
  return name;
}

size_t LayerChain::DeviceStateBytes() const {
  size_t bytes = 0;
  for (const Link& link : links_) bytes += link.part->DeviceStateBytes();
  return bytes;
}

std::unique_ptr<State> LayerChain::NewState() const {
  std::vector<std::unique_ptr<State>> states;
  for (const Link& link : links_) states.push_back(link.part->NewState());
  return std::make_unique<PartedState>(division_, std::move(states));
}

struct LayerChain::Buffers final : public Scratch {
  std::vector<std::unique_ptr<Executor>> executors;  // of the parts
  void Begin(size_t floats) {
    for (auto& residual : u) residual.resize(std::max(residual.size(), floats));
  }

  // The residual stream [tokens, d_model] before a part and after it, in turn.
  std::array<std::vector<float>, 2> u;
};

std::unique_ptr<Executor> LayerChain::NewExecutor(WorkerPool& pool) const {
  auto buffers = std::make_unique<Buffers>();
  for (const Link& link : links_) {
    buffers->executors.push_back(link.part->NewExecutor(pool));
  }
  return std::make_unique<Executor>(pool, 0, std::move(buffers));
}

template <class RunPart>
void LayerChain::RunParts(const Residual& residual, Buffers& b,
                          const RunPart& run) const {
  const float* in = residual.in == nullptr ? b.u[0].data() : residual.in;
  for (size_t i = 0; i < links_.size(); ++i) {
    const bool last = i + 1 == links_.size();
    float* const out = last ? residual.out : b.u[(i + 1) % 2].data();
    run(i, Residual{.in = in, .out = out});
    in = out;
  }
}

void LayerChain::Prefill(std::span<const TokenId> tokens, State& state,
                         Executor& executor, const Residual& residual,
                         LogitsRows rows, float* logits) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  auto& parted = static_cast<PartedState&>(state);
  b.Begin(tokens.size() * d_model_);
  if (residual.in == nullptr) head_.Embed(tokens, b.u[0].data());
  RunParts(residual, b, [&](size_t i, const Residual& its) {
    links_[i].part->Prefill(tokens, parted.part(i), *b.executors[i], its, rows,
                            logits);
  });
  parted.Follow();
}

void LayerChain::Decode(std::span<const DecodeStep> steps, Executor& executor,
                        const Residual& residual) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  b.Begin(steps.size() * d_model_);
  for (size_t s = 0; s < steps.size() && residual.in == nullptr; ++s) {
    head_.Embed({&steps[s].token, 1}, b.u[0].data() + s * d_model_);
  }
  RunParts(residual, b, [&](size_t i, const Residual& its) {
    std::vector<DecodeStep> of_part(steps.begin(), steps.end());
    for (DecodeStep& step : of_part) {
      step.state = &static_cast<PartedState&>(*step.state).part(i);
    }
    links_[i].part->Decode(of_part, *b.executors[i], its);
  });
  for (const DecodeStep& step : steps) {
    static_cast<PartedState&>(*step.state).Follow();
  }
}

bool LayerChain::TakesDrafts() const {
  return std::ranges::all_of(
      links_, [](const Link& link) { return link.part->TakesDrafts(); });
}

void LayerChain::Replay(const BlockPieces& block, size_t rows, State& state,
                        Executor& executor) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  auto& parted = static_cast<PartedState&>(state);
  const std::vector<BlockPieces> blocks = parted.division().Split(block, rows);
  for (size_t i = 0; i < links_.size(); ++i) {
    links_[i].part->Replay(blocks[i], rows, parted.part(i), *b.executors[i]);
  }
  parted.Follow();
}

void LayerChain::Settle(State& state, Executor& executor) const {
  auto& b = static_cast<Buffers&>(executor.scratch());
  auto& parted = static_cast<PartedState&>(state);
  for (size_t i = 0; i < links_.size(); ++i) {
    links_[i].part->Settle(parted.part(i), *b.executors[i]);
  }
  parted.Follow();
}

}  // namespace krait::engine
