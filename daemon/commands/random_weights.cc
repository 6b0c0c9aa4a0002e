// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/random_weights.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "daemon/terminal.h"
#include "daemon/tools/bench/random_model.h"
#include "engine/file/tensor.h"  // RunnableTypeNames

namespace krait::daemon {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::MakeError;

base::Status Write(const RandomWeightsArguments& arguments,
                   const fs::path& path) {
  const RandomShape* shape = FindRandomShape(arguments.shape);
  if (shape == nullptr) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("--random {}: no such shape, expected one of {}",
                    arguments.shape, RandomShapeNames()));
  }
  const auto type = engine::FindRunnableType(arguments.type);
  if (!type) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("--type {}: expected one of {}",
                                 arguments.type, engine::RunnableTypeNames()));
  }
  constexpr size_t kMib = size_t{1} << 20;
  Progress progress("writing random weights, MiB", 0);
  return WriteRandomModel(*shape, *type, path, [&](size_t done, size_t total) {
    progress.Update(done / kMib, fmt::format("of {}", total / kMib));
  });
}

}  // namespace

base::Result<RandomWeights> RandomWeights::Make(
    const RandomWeightsArguments& arguments, ModelOptions* model) {
  if (arguments.shape.empty()) return RandomWeights(fs::path());
  fs::path path = arguments.keep;
  fs::path temporary;
  if (path.empty()) {
    std::error_code error;
    path = fs::temp_directory_path(error) /
           fmt::format("krait-random-{}.gguf", getpid());
    temporary = path;
  }
  RandomWeights weights(std::move(temporary));
  if (auto written = Write(arguments, path); !written) return written.error();
  model->model = path.string();
  model->fim = {};  // what is configured is of another model
  return weights;
}

RandomWeights::~RandomWeights() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

}  // namespace krait::daemon
