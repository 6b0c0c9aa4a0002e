// SPDX-License-Identifier: Apache-2.0
// Logits are computed a few rows at a time, as those of a large vocabulary are
// many. Where the largest are enough the device finds them, and a list of these
// is all that is copied.

#include "engine/vulkan/device_head.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace krait::engine::vulkan {

Result<std::unique_ptr<const DeviceHead>> DeviceHead::Create(
    const Weights& weights, Pipelines& pipelines) {
  auto top = TopKernel::Create(pipelines);
  if (!top) return top.error();
  return std::unique_ptr<const DeviceHead>(
      new DeviceHead(weights, std::move(*top)));
}

void DeviceHead::Run(const DeviceBatch& batch, size_t first,
                     std::span<const LogitsTarget> targets) const {
  const DeviceScratch& b = batch.buffers;
  const size_t d_model = weights_.output.cols;
  if (targets.empty()) return batch.commands.Run();
  batch.kernels.RmsNorm(batch.commands, b.u + first * d_model * sizeof(float),
                        weights_.norm, targets.size(), d_model, weights_.eps,
                        weights_.scale, b.h);
  for (size_t done = 0; done < targets.size();
       done += DeviceScratch::kLogitsRows) {
    const auto some = targets.subspan(
        done, std::min(targets.size() - done, DeviceScratch::kLogitsRows));
    if (done > 0) batch.commands.Begin();
    batch.commands.Barrier();
    RecordLogits(batch, done, some.size());
    batch.commands.Barrier();
    Fetch(batch, some);
  }
}

// Nothing is computed from logits, so that they may be rounded as a decode's.
void DeviceHead::RecordLogits(const DeviceBatch& batch, size_t first,
                              size_t rows) const {
  const DeviceScratch& b = batch.buffers;
  const Matrix& w = weights_.output;
  batch.kernels.MatVec(batch.commands, w,
                       {.x = b.h + first * w.cols * sizeof(float),
                        .x_stride = w.cols,
                        .y = b.logits.address,
                        .y_stride = w.rows},
                       rows);
}

void DeviceHead::Fetch(const DeviceBatch& batch,
                       std::span<const LogitsTarget> targets) const {
  const DeviceScratch& b = batch.buffers;
  std::vector<size_t> whole;  // rows of which all is wanted
  size_t count = 0;           // of logits that lists have
  for (size_t row = 0; row < targets.size(); ++row) {
    count = std::max(count, targets[row].enough);
    if (targets[row].enough == 0) whole.push_back(row);
  }
  if (count > 0) {
    top_->Record(batch.commands, {.logits = b.logits.address,
                                  .rows = targets.size(),
                                  .vocab = weights_.output.rows,
                                  .count = count,
                                  .parts = b.top_parts,
                                  .lists = b.top.address});
    batch.commands.Barrier();
    batch.commands.Copy(
        b.top.First(targets.size() * TopKernel::ListBytes(count)), b.host_top);
  }
  FetchRows(batch, whole, targets);
  std::vector<size_t> unread;
  const auto* lists = reinterpret_cast<const DeviceLogit*>(b.host_top.mapped);
  for (size_t row = 0; row < targets.size(); ++row) {
    const LogitsTarget& target = targets[row];
    if (target.enough == 0) continue;
    const std::span list(lists + row * (1 + count), 1 + count);
    if (!TopKernel::Read(list, target.enough, target.top)) {
      unread.push_back(row);
    }
  }
  if (unread.empty()) return;
  batch.commands.Begin();
  FetchRows(batch, unread, targets);
}

// Runs what was recorded, and brings these rows as they are.
void DeviceHead::FetchRows(const DeviceBatch& batch,
                           std::span<const size_t> rows,
                           std::span<const LogitsTarget> targets) const {
  const DeviceScratch& b = batch.buffers;
  const size_t row_bytes = weights_.output.rows * sizeof(float);
  for (const size_t row : rows) {
    batch.commands.Copy(b.logits.From(row * row_bytes).First(row_bytes),
                        b.host_logits.From(row * row_bytes));
  }
  batch.commands.Run();
  for (const size_t row : rows) {
    std::memcpy(targets[row].all, b.host_logits.mapped + row * row_bytes,
                row_bytes);
  }
}

}  // namespace krait::engine::vulkan
