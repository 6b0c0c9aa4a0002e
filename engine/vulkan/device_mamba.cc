// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/device_mamba.h"

#include <algorithm>
#include <vector>

#include "engine/state/recurrent_layout.h"
#include "engine/state/state.h"

namespace krait::engine::vulkan {

RecurrentPlace::RecurrentPlace(const Hyperparameters& hparams,
                               size_t state_layer) {
  const RecurrentLayout layout = RecurrentLayoutOf(hparams);
  row_size = layout.row_size;
  page_offset = state_layer * kBlockTokens * row_size;
  window_offset = state_layer * (layout.conv_size + layout.ssm_size);
  ssm_offset = window_offset + layout.conv_size;
}

// Mamba-1 ---------------------------------------------------------------------

DeviceMamba1::DeviceMamba1(const Hyperparameters& hparams, size_t state_layer,
                           DeviceLayerReader& read)
    : shape_(hparams.mamba1),
      selected_stride_(DeviceScratch::SelectedStride(shape_)),
      place_(hparams, state_layer),
      weights_(read) {}

// x before the convolution.
void DeviceMamba1::CopyInputs(const DeviceBatch& batch, bool to_log) const {
  batch.kernels.CopyLogRows(batch.commands,
                            {.x = batch.buffers.projected,
                             .rows = batch.log_rows,
                             .size = shape_.d_inner,
                             .row_size = place_.row_size,
                             .stride = 2 * shape_.d_inner,
                             .page_offset = place_.page_offset,
                             .to_log = to_log},
                            batch.tokens);
}

// Narrow dt, B and C.
void DeviceMamba1::CopySelected(const DeviceBatch& batch, bool to_log) const {
  batch.kernels.CopyLogRows(batch.commands,
                            {.x = batch.buffers.selected,
                             .rows = batch.log_rows,
                             .size = shape_.x_proj_rows(),
                             .row_size = place_.row_size,
                             .stride = selected_stride_,
                             .page_offset = place_.page_offset + shape_.d_inner,
                             .to_log = to_log},
                            batch.tokens);
}

void DeviceMamba1::Convolution(const DeviceBatch& batch) const {
  batch.kernels.ConvSilu(batch.commands,
                         {.x = batch.buffers.projected,
                          .x_stride = 2 * shape_.d_inner,
                          .y = batch.buffers.convolved,
                          .y_stride = shape_.d_inner,
                          .weight = weights_.conv_weight,
                          .bias = weights_.conv_bias,
                          .channels = shape_.d_inner,
                          .width = shape_.conv_width,
                          .window_offset = place_.window_offset},
                         batch.sequences);
}

// With the step sizes, of what selects.
void DeviceMamba1::Scan(const DeviceBatch& batch) const {
  const DeviceScratch& b = batch.buffers;
  batch.Multiply({{weights_.dt_proj, b.step_sizes}}, b.selected,
                 selected_stride_);
  batch.commands.Barrier();
  batch.kernels.SelectiveScan(batch.commands,
                              {.shape = shape_,
                               .x = b.convolved,
                               .dt = b.step_sizes,
                               .selected = b.selected,
                               .selected_stride = selected_stride_,
                               .y = b.inner,
                               .dt_bias = weights_.dt_bias,
                               .a = weights_.a,
                               .d = weights_.d,
                               .ssm_offset = place_.ssm_offset},
                              batch.sequences);
  batch.commands.Barrier();
}

void DeviceMamba1::Record(const DeviceBatch& batch, Address x,
                          Address y) const {
  const DeviceScratch& b = batch.buffers;
  batch.Multiply(weights_.in_proj, x, b.projected);
  batch.commands.Barrier();
  if (batch.log_rows != 0) CopyInputs(batch, /*to_log=*/true);
  Convolution(batch);
  batch.commands.Barrier();
  batch.Multiply({{weights_.x_proj, b.selected, selected_stride_}}, b.convolved,
                 shape_.d_inner);
  batch.commands.Barrier();
  if (batch.log_rows != 0) CopySelected(batch, /*to_log=*/true);
  Scan(batch);
  batch.kernels.GateNorm(batch.commands,
                         {.y = b.inner,
                          .z = b.projected + shape_.d_inner * sizeof(float),
                          .z_stride = 2 * shape_.d_inner,
                          .size = shape_.d_inner},
                         batch.tokens);
  batch.commands.Barrier();
  batch.Multiply(weights_.out_proj, b.inner, y);
  batch.commands.Barrier();
}

void DeviceMamba1::RecordSettle(const DeviceBatch& batch) const {
  CopyInputs(batch, /*to_log=*/false);
  CopySelected(batch, /*to_log=*/false);
  batch.commands.Barrier();
  Convolution(batch);
  Scan(batch);
}

// Mamba-2 ---------------------------------------------------------------------

namespace {

// Of the rows of in_proj; none if all are 1.
std::vector<float> InputScales(const Mamba2Shape& shape) {
  const auto& scales = shape.input_scales;
  if (std::ranges::all_of(scales, [](float scale) { return scale == 1; })) {
    return {};
  }
  const size_t bc = shape.groups * shape.state;
  const size_t sizes[] = {shape.d_inner, shape.d_inner, bc, bc, shape.heads};
  std::vector<float> of_rows;
  for (size_t i = 0; i < scales.size(); ++i) {
    of_rows.insert(of_rows.end(), sizes[i], scales[i]);
  }
  return of_rows;
}

}  // namespace

DeviceMamba2::DeviceMamba2(const Hyperparameters& hparams, size_t state_layer,
                           DeviceLayerReader& read)
    : shape_(hparams.mamba2),
      norm_eps_(hparams.norm_eps),
      place_(hparams, state_layer),
      weights_(shape_, read),
      input_scales_(read.Put(InputScales(shape_))) {}

// x of a row; B, C and dt follow, the next row is in_proj_rows on.
Address DeviceMamba2::Inputs(const DeviceBatch& batch, size_t row) const {
  return batch.buffers.projected +
         (row * shape_.in_proj_rows() + shape_.d_inner) * sizeof(float);
}

// Of the new tokens, behind those of before.
void DeviceMamba2::Project(const DeviceBatch& batch, Address x) const {
  const Address projected =
      Inputs(batch, batch.tail) - shape_.d_inner * sizeof(float);
  batch.Multiply(weights_.in_proj, x, projected);
  batch.commands.Barrier();
  if (input_scales_ == 0) return;
  batch.kernels.ScaleColumns(batch.commands, projected, input_scales_,
                             batch.tokens, shape_.in_proj_rows());
  batch.commands.Barrier();
}

// The inputs of the recurrence, x, B, C and dt, of rows from `row` on.
Kernels::LogRows DeviceMamba2::LogRows(const DeviceBatch& batch, size_t row,
                                       bool to_log) const {
  return {.x = Inputs(batch, row),
          .rows = batch.log_rows + row * sizeof(DeviceRow),
          .size = shape_.conv_dim() + shape_.heads,
          .row_size = place_.row_size,
          .stride = shape_.in_proj_rows(),
          .page_offset = place_.page_offset,
          .to_log = to_log};
}

// The first `rows`.
void DeviceMamba2::FromLog(const DeviceBatch& batch, size_t rows) const {
  if (rows == 0) return;
  batch.kernels.CopyLogRows(batch.commands, LogRows(batch, 0, false), rows);
}

// The new ones.
void DeviceMamba2::ToLog(const DeviceBatch& batch) const {
  batch.kernels.CopyLogRows(batch.commands,
                            LogRows(batch, batch.tail, /*to_log=*/true),
                            batch.tokens);
}

// In place.
Convolve DeviceMamba2::Convolution(const DeviceBatch& batch) const {
  return {.x = Inputs(batch, 0),
          .x_stride = shape_.in_proj_rows(),
          .y = Inputs(batch, 0),
          .y_stride = shape_.in_proj_rows(),
          .weight = weights_.conv_weight,
          .bias = weights_.conv_bias,
          .channels = shape_.conv_dim(),
          .width = shape_.conv_width,
          .window_offset = place_.window_offset};
}

void DeviceMamba2::ScanTokens(const DeviceBatch& batch) const {
  batch.kernels.ConvSilu(batch.commands, Convolution(batch), batch.sequences);
  batch.commands.Barrier();
  batch.kernels.SsmScan(batch.commands,
                        {.shape = shape_,
                         .x = Inputs(batch, 0),
                         .y = batch.buffers.inner,
                         .dt_bias = weights_.dt_bias,
                         .a = weights_.a,
                         .d = weights_.d,
                         .ssm_offset = place_.ssm_offset},
                        batch.sequences);
  batch.commands.Barrier();
}

// Of a sequence of so many rows; without a y its state alone.
void DeviceMamba2::ScanInChunks(const DeviceBatch& batch, size_t rows,
                                Address y) const {
  const DeviceScratch& b = batch.buffers;
  Convolve convolve = Convolution(batch);
  convolve.y = b.convolved;
  convolve.y_stride = shape_.conv_dim();
  convolve.most_tokens = rows;
  batch.kernels.ConvSilu(batch.commands, convolve, batch.sequences);
  batch.commands.Barrier();
  batch.kernels.chunked_scan().Record(
      batch.commands,
      {.shape = shape_,
       .x = b.convolved,
       .x_stride = shape_.conv_dim(),
       .dt = Inputs(batch, 0) + shape_.conv_dim() * sizeof(float),
       .dt_stride = shape_.in_proj_rows(),
       .y = y,
       .dt_bias = weights_.dt_bias,
       .a = weights_.a,
       .d = weights_.d,
       .ssm_offset = place_.ssm_offset,
       .scratch = b.chunks,
       .scratch_slots = b.chunk_slots},
      batch.sequences, rows);
  batch.commands.Barrier();
}

void DeviceMamba2::Record(const DeviceBatch& batch, Address x,
                          Address y) const {
  const DeviceScratch& b = batch.buffers;
  Project(batch, x);
  if (batch.log_rows != 0) {
    FromLog(batch, batch.tail);
    ToLog(batch);
    batch.commands.Barrier();
    ScanInChunks(batch, batch.tail + batch.tokens, b.inner);
  } else {
    ScanTokens(batch);
  }
  const Address inner = b.inner + batch.tail * shape_.d_inner * sizeof(float);
  batch.kernels.GateNorm(
      batch.commands,
      {.y = inner,
       .z = Inputs(batch, batch.tail) - shape_.d_inner * sizeof(float),
       .z_stride = shape_.in_proj_rows(),
       .groups = shape_.groups,
       .size = shape_.d_inner / shape_.groups,
       .weight = weights_.gate_norm,
       .eps = norm_eps_},
      batch.tokens);
  batch.commands.Barrier();
  batch.Multiply(weights_.out_proj, inner, y);
  batch.commands.Barrier();
}

void DeviceMamba2::RecordSettle(const DeviceBatch& batch) const {
  FromLog(batch, batch.tokens);
  batch.commands.Barrier();
  ScanInChunks(batch, batch.tokens, /*y=*/0);
}

}  // namespace krait::engine::vulkan
