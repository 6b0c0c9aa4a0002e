// SPDX-License-Identifier: Apache-2.0
#include "engine/vulkan/transfers.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace krait::engine::vulkan {

Result<std::shared_ptr<Transfers>> Transfers::Create(
    std::shared_ptr<Device> device) {
  std::shared_ptr<Transfers> transfers(new Transfers(device));
  const Result<Slice> upload = transfers->upload_arena_.Allocate(kPieceBytes);
  if (!upload) return upload.error();
  const Result<Slice> download =
      transfers->download_arena_.Allocate(kPieceBytes);
  if (!download) return download.error();
  Result<std::unique_ptr<Commands>> commands =
      Commands::Create(std::move(device));
  if (!commands) return commands.error();
  transfers->upload_ = *upload;
  transfers->download_ = *download;
  transfers->commands_ = std::move(*commands);
  return transfers;
}

void Transfers::Upload(std::span<const std::byte> data, const Slice& to) {
  assert(data.size() <= to.bytes);
  const std::lock_guard lock(mutex_);
  for (size_t done = 0; done < data.size(); done += kPieceBytes) {
    const size_t bytes = std::min(kPieceBytes, data.size() - done);
    std::memcpy(upload_.mapped, data.data() + done, bytes);
    commands_->Begin();
    commands_->Copy(upload_.First(bytes), to.From(done));
    commands_->Run();
  }
}

void Transfers::Download(const Slice& from, std::span<std::byte> data) {
  assert(data.size() <= from.bytes);
  const std::lock_guard lock(mutex_);
  for (size_t done = 0; done < data.size(); done += kPieceBytes) {
    const size_t bytes = std::min(kPieceBytes, data.size() - done);
    commands_->Begin();
    commands_->Copy(from.From(done).First(bytes), download_);
    commands_->Run();
    std::memcpy(data.data() + done, download_.mapped, bytes);
  }
}

void Transfers::Copy(const Slice& from, const Slice& to) {
  const std::lock_guard lock(mutex_);
  commands_->Begin();
  commands_->Copy(from, to);
  commands_->Run();
}

void Transfers::Clear(const Slice& slice) {
  const std::lock_guard lock(mutex_);
  commands_->Begin();
  commands_->Clear(slice);
  commands_->Run();
}

}  // namespace krait::engine::vulkan
