// SPDX-License-Identifier: Apache-2.0
// The mixer of Mamba-1. On the input u [tokens, d_model]:
//   x,z    = in_proj u
//   x      = SiLU(causal_conv1d(x))
//   dt,B,C = x_proj x                      (dt narrow: [tokens, dt_rank])
//   dt     = softplus(dt_proj dt + dt_bias)
//   y      = selective_scan(x, dt, A, B, C) + D x
//   y      = out_proj(y * SiLU(z))
//
// The scan goes token by token, so it has the same bits however the tokens are
// cut into calls. The state's base stays on the grid all the same, so that
// going back is possible: a prefill begins with the tokens since (the tail),
// whose inputs the state has recorded, for what they add to the scan's state;
// their x_proj, the large one of the two, is recorded, their dt_proj is done
// again. The same without new tokens is the replay.

#include "engine/layers/mamba1_mixer.h"

#include <algorithm>
#include <span>

#include "engine/threads/worker_pool.h"
#include "simd/elementwise.h"

namespace krait::engine {
namespace {

// What a worker takes at least: whole cache lines.
constexpr size_t kChannels = 64;

}  // namespace

// What one call works on: rows of one sequence, or a run of each of several.
struct Mamba1Mixer::Call {
  size_t rows() const { return tail + tokens; }

  Pass pass;
  size_t tail = 0;      // tokens before, whose inputs are taken from the state
  size_t tokens;        // new ones
  size_t new_base = 0;  // where the state's base will be (kPrefill)
  RecurrentState* state = nullptr;      // kPrefill
  std::span<const BatchRun> runs = {};  // kDecode
  Buffers& buffers;
  Executor& executor;

  // What in_proj gave for the new tokens: x, z.
  float* Projected(size_t token) const {
    return buffers.projected.data() + token * 2 * buffers.shape.d_inner;
  }
  float* X(size_t row) const {
    return buffers.x.data() + row * buffers.shape.d_inner;
  }
  float* Selected(size_t row) const {
    return buffers.selected.data() + row * buffers.shape.x_proj_rows();
  }
  // The inputs of a row that the state records.
  float* Recorded(size_t layer, size_t row) const {
    return state->Row(layer, state->base_position() + row);
  }

  // One token is too little work to share.
  template <class Body>
  void ForRanges(size_t size, size_t grain, const Body& body) const {
    if (rows() == 1) return body(0, size, 0);
    executor.pool().ForRanges(size, grain, body);
  }
};

Mamba1Mixer::Mamba1Mixer(const Hyperparameters& hparams, size_t state_layer,
                         LayerReader& read)
    : shape_(hparams.mamba1), state_layer_(state_layer), weights_(read) {}

Mamba1Mixer::Buffers::Buffers(const Mamba1Shape& its_shape, size_t workers)
    : shape(its_shape) {
  for (size_t i = 0; i < workers; ++i) {
    windows.emplace_back((shape.conv_width - 1) * shape.d_inner);
  }
}

void Mamba1Mixer::Buffers::Reserve(size_t new_rows) {
  if (new_rows <= rows) return;
  rows = new_rows;
  projected = AlignedArray<float>(rows * 2 * shape.d_inner);
  x = AlignedArray<float>(rows * shape.d_inner);
  selected = AlignedArray<float>(rows * shape.x_proj_rows());
  narrow_dt = AlignedArray<float>(rows * shape.dt_rank);
  dt = AlignedArray<float>(rows * shape.d_inner);
  y = AlignedArray<float>(rows * shape.d_inner);
}

void Mamba1Mixer::Run(const Batch& batch, Buffers& b, const float* x,
                      float* y) const {
  const bool decode = batch.pass == Pass::kDecode;
  RecurrentState* state =
      decode ? nullptr : batch.rows.front().state->recurrent();
  const size_t tokens = batch.tokens();
  const size_t tail = decode ? 0 : state->position() - state->base_position();
  b.Reserve(tail + tokens);
  const Call call{.pass = batch.pass,
                  .tail = tail,
                  .tokens = tokens,
                  .new_base = decode ? 0 : state->BaseAfter(tokens),
                  .state = state,
                  .runs = batch.runs,
                  .buffers = b,
                  .executor = batch.executor};
  batch.executor.Multiply(call.pass, weights_.in_proj, x, tokens,
                          call.Projected(0), weights_.in_proj.rows);
  batch.executor.Do(Work::kRecurrence, [&] {
    if (decode) return Decode(call);
    Prefill(call);
  });
  Gate(call);
  batch.executor.Multiply(call.pass, weights_.out_proj,
                          b.y.data() + tail * shape_.d_inner, tokens, y,
                          weights_.out_proj.rows);
}

// The part between in_proj and the gate.
void Mamba1Mixer::Prefill(const Call& call) const {
  Buffers& b = call.buffers;
  AlignedArray<float>& window = b.windows[0];
  std::copy_n(call.state->conv_window(state_layer_), window.size(),
              window.data());
  ConvolveRows(call, window.data());
  TakeRecorded(call);
  Select(call);
  RecordInputs(call);
  StepSizes(call);
  ScanRows(call);
  if (call.new_base > call.state->base_position()) {
    call.state->MoveConvWindow(state_layer_, call.new_base);
  }
}

// The same for a token of each of several sequences (often one), in place of
// each state; of a draft beside the state, from what is recorded of it (see
// mamba2_decode.cc).
void Mamba1Mixer::Decode(const Call& call) const {
  ConvolveSteps(call);
  Select(call);
  RecordDrafts(call);
  StepSizes(call);
  ScanSteps(call);
}

void Mamba1Mixer::Settle(RecurrentState& state, Buffers& buffers,
                         Executor& executor) const {
  const size_t tail = state.position() - state.base_position();
  buffers.Reserve(tail);
  // As what brought the tokens rounded.
  const Call call{.pass = state.is_draft() ? Pass::kDecode : Pass::kPrefill,
                  .tail = tail,
                  .tokens = 0,
                  .new_base = state.position(),
                  .state = &state,
                  .buffers = buffers,
                  .executor = executor};
  ConvolveRows(call, state.mutable_conv_window(state_layer_));
  TakeRecorded(call);
  StepSizes(call);
  ScanRows(call);
}

// Convolution -----------------------------------------------------------------

simd::CausalConv1d Mamba1Mixer::Convolution() const {
  return {shape_.d_inner, shape_.conv_width, weights_.conv_weight.data(),
          weights_.conv_bias.data()};
}

// The tail's x straight from the state.
void Mamba1Mixer::ConvolveRows(const Call& call, float* window) const {
  const simd::CausalConv1d conv = Convolution();
  const size_t base = call.state->base_position();
  call.ForRanges(
      conv.channels, kChannels, [&](size_t begin, size_t end, size_t) {
        const auto filter = [&](size_t first, size_t rows, const float* x,
                                size_t x_stride) {
          simd::CausalConv1dSilu(conv, begin, end, rows, x, x_stride, window,
                                 call.X(first), conv.channels);
        };
        for (size_t t = 0; t < call.tail;) {
          const size_t rows =
              std::min(call.tail - t, RecurrentState::RowsInPlace(base + t));
          filter(t, rows, call.Recorded(state_layer_, t),
                 call.state->row_size());
          t += rows;
        }
        filter(call.tail, call.tokens, call.Projected(0), 2 * conv.channels);
      });
}

void Mamba1Mixer::ConvolveSteps(const Call& call) const {
  const simd::CausalConv1d conv = Convolution();
  call.ForRanges(
      call.runs.size(), 1, [&](size_t begin, size_t end, size_t worker) {
        AlignedArray<float>& drafted = call.buffers.windows[worker];
        for (const BatchRun& run : call.runs.subspan(begin, end - begin)) {
          RecurrentState& state = *run.state->recurrent();
          float* window = drafted.data();
          if (run.is_draft()) {
            std::copy_n(state.conv_window(state_layer_), drafted.size(),
                        window);
          } else {
            window = state.mutable_conv_window(state_layer_);
          }
          simd::CausalConv1dSilu(conv, 0, conv.channels, run.count,
                                 call.Projected(run.first), 2 * conv.channels,
                                 window, call.X(run.first), conv.channels);
        }
      });
}

// What the scan is selected by -----------------------------------------------

// Narrow dt, B and C of the tail.
void Mamba1Mixer::TakeRecorded(const Call& call) const {
  for (size_t t = 0; t < call.tail; ++t) {
    std::copy_n(call.Recorded(state_layer_, t) + shape_.d_inner,
                shape_.x_proj_rows(), call.Selected(t));
  }
}

// The same of the new tokens.
void Mamba1Mixer::Select(const Call& call) const {
  call.executor.Multiply(call.pass, weights_.x_proj, call.X(call.tail),
                         call.tokens, call.Selected(call.tail),
                         weights_.x_proj.rows);
}

void Mamba1Mixer::RecordInputs(const Call& call) const {
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      float* row = call.Recorded(state_layer_, call.tail + t);
      std::copy_n(call.Projected(t), shape_.d_inner, row);
      std::copy_n(call.Selected(call.tail + t), shape_.x_proj_rows(),
                  row + shape_.d_inner);
    }
  });
}

// The same of what a decode may take back.
void Mamba1Mixer::RecordDrafts(const Call& call) const {
  for (const BatchRun& run : call.runs) {
    if (!run.is_draft()) continue;
    RecurrentState& state = *run.state->recurrent();
    for (size_t i = 0; i < run.count; ++i) {
      float* row = state.Row(state_layer_, state.position() + i);
      std::copy_n(call.Projected(run.first + i), shape_.d_inner, row);
      std::copy_n(call.Selected(run.first + i), shape_.x_proj_rows(),
                  row + shape_.d_inner);
    }
  }
}

// dt = softplus(dt_proj narrow_dt + dt_bias) of all rows.
void Mamba1Mixer::StepSizes(const Call& call) const {
  Buffers& b = call.buffers;
  for (size_t t = 0; t < call.rows(); ++t) {
    std::copy_n(call.Selected(t), shape_.dt_rank,
                b.narrow_dt.data() + t * shape_.dt_rank);
  }
  call.executor.Multiply(call.pass, weights_.dt_proj, b.narrow_dt.data(),
                         call.rows(), b.dt.data(), weights_.dt_proj.rows);
  call.ForRanges(call.rows(), 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      float* dt = b.dt.data() + t * shape_.d_inner;
      simd::Add(weights_.dt_bias.data(), shape_.d_inner, dt);
      simd::Softplus(dt, shape_.d_inner, dt);
    }
  });
}

// Scan ------------------------------------------------------------------------

// The inputs of `count` rows from row `begin` on.
simd::SelectiveScanInputs Mamba1Mixer::ScanInputs(const Call& call,
                                                  size_t begin,
                                                  size_t count) const {
  const float* b = call.Selected(begin) + shape_.dt_rank;
  return {
      .tokens = count,
      // What the tail gave was used by the calls that brought it.
      .first_output = std::min(count, call.tail - std::min(call.tail, begin)),
      .channels = shape_.d_inner,
      .state = shape_.state,
      .x = call.X(begin),
      .x_stride = shape_.d_inner,
      .dt = call.buffers.dt.data() + begin * shape_.d_inner,
      .dt_stride = shape_.d_inner,
      .b = b,
      .b_stride = shape_.x_proj_rows(),
      .c = b + shape_.state,
      .c_stride = shape_.x_proj_rows(),
      .a = weights_.a.data(),
      .d = weights_.d.data()};
}

// All rows: those before the new base move the state there, those behind it
// leave it as it is: they will be run again.
void Mamba1Mixer::ScanRows(const Call& call) const {
  const size_t moved = call.new_base - call.state->base_position();
  const float* state = call.state->ssm(state_layer_);
  const auto outputs = [&](size_t row) {
    return call.buffers.y.data() + row * shape_.d_inner;
  };
  call.ForRanges(
      shape_.d_inner, kChannels, [&](size_t begin, size_t end, size_t) {
        if (moved > 0) {
          simd::SelectiveScan(ScanInputs(call, 0, moved), begin, end, state,
                              call.state->mutable_ssm(state_layer_), outputs(0),
                              shape_.d_inner);
        }
        if (moved < call.rows()) {
          simd::SelectiveScan(ScanInputs(call, moved, call.rows() - moved),
                              begin, end, state, nullptr, outputs(moved),
                              shape_.d_inner);
        }
      });
}

// The channels of all sequences in a row, so that every worker has its share of
// an odd number of them.
void Mamba1Mixer::ScanSteps(const Call& call) const {
  const size_t pieces = (shape_.d_inner + kChannels - 1) / kChannels;
  call.executor.pool().ForRanges(
      call.runs.size() * pieces, 1, [&](size_t begin, size_t end, size_t) {
        while (begin < end) {
          const size_t r = begin / pieces;
          const size_t last = std::min(end, (r + 1) * pieces);
          const BatchRun& run = call.runs[r];
          RecurrentState& state = *run.state->recurrent();
          simd::SelectiveScan(
              ScanInputs(call, run.first, run.count),
              (begin - r * pieces) * kChannels,
              std::min((last - r * pieces) * kChannels, shape_.d_inner),
              state.ssm(state_layer_),
              run.is_draft() ? nullptr : state.mutable_ssm(state_layer_),
              call.buffers.y.data() + run.first * shape_.d_inner,
              shape_.d_inner);
          begin = last;
        }
      });
}

// y *= SiLU(z) of the new tokens.
void Mamba1Mixer::Gate(const Call& call) const {
  call.ForRanges(call.tokens, 1, [&](size_t begin, size_t end, size_t) {
    for (size_t t = begin; t < end; ++t) {
      float* y = call.buffers.y.data() + (call.tail + t) * shape_.d_inner;
      simd::SiluMul(call.Projected(t) + shape_.d_inner, y, shape_.d_inner, y);
    }
  });
}

}  // namespace krait::engine
