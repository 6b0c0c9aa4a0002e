// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/model_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <optional>
#include <vector>

#include "daemon/loaded_model.h"
#include "daemon/terminal.h"
#include "engine/arch/model.h"
#include "simd/weights.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;

std::optional<simd::WeightView> ViewOf(const engine::Tensor& tensor) {
  const auto type = engine::RunnableType(tensor.type);
  if (!type || tensor.shape.empty()) return std::nullopt;
  size_t rows = 1;
  for (size_t i = 0; i + 1 < tensor.shape.size(); ++i) {
    rows *= tensor.shape[i];
  }
  const size_t cols = tensor.shape.back();
  // A vector may end within a block.
  if (cols % simd::FormatOf(*type).block_elements != 0) return std::nullopt;
  return simd::WeightView{
      .data = tensor.data, .type = *type, .rows = rows, .cols = cols};
}

bool IsFinite(const simd::WeightView& view, engine::WorkerPool& pool) {
  std::atomic<bool> finite{true};
  pool.ForRanges(view.rows, 16, [&](size_t begin, size_t end, size_t) {
    std::vector<float> row(view.cols);
    for (size_t i = begin; i < end && finite.load(); ++i) {
      simd::ExpandRow(view, i, row.data());
      if (!std::ranges::all_of(row, [](float x) { return std::isfinite(x); })) {
        finite = false;
      }
    }
  });
  return finite;
}

}  // namespace

base::Status CheckWeightsFinite(const engine::ModelFile& file,
                                engine::WorkerPool& pool) {
  Progress progress("checking tensors", file.tensors().size());
  size_t done = 0;
  for (const engine::Tensor& tensor : file.tensors()) {
    progress.Update(done++, tensor.name);
    const auto view = ViewOf(tensor);
    if (view && !IsFinite(*view, pool)) {
      return MakeError(
          ErrorCode::kBadFile,
          fmt::format("{}: tensor {} holds a NaN or an infinity, expected "
                      "finite weights",
                      file.path().string(), tensor.name));
    }
  }
  return {};
}

base::Status CheckRoundTrip(const engine::Tokenizer& tokenizer,
                            const std::string& name) {
  const std::string text =
      "def f(x):\n\treturn  x + 1  # \xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\n";
  const auto ids = tokenizer.Encode(text);
  if (tokenizer.Decode(ids) == text) return {};
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: the tokenizer does not give back the text "
                               "that it was given",
                               name));
}

base::Result<VerifiedModel> VerifyModel(const std::filesystem::path& path) {
  const auto model = engine::Model::Load(path);
  if (!model) return model.error();
  const auto pool = StartPool(0);
  const auto finite = CheckWeightsFinite((*model)->file(), *pool);
  if (!finite) return finite.error();
  VerifiedModel verified{.tensors = (*model)->file().tensors().size(),
                         .parameters = (*model)->Parameters(),
                         .has_tokenizer = (*model)->has_tokenizer(),
                         .warnings = {}};
  if (verified.has_tokenizer) {
    const auto same = CheckRoundTrip((*model)->tokenizer(), path.string());
    if (!same) return same.error();
    verified.warnings = (*model)->tokenizer().warnings();
  }
  return verified;
}

}  // namespace krait::daemon
