// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/vector_search.h"

#include <algorithm>
#include <cassert>
#include <memory>
#include <new>
#include <utility>

#include "simd/activations.h"
#include "simd/matmul.h"

namespace krait::repository {
namespace {

struct AlignedFree {
  void operator()(void* p) const {
    ::operator delete (p, std::align_val_t{64});
  }
};

}  // namespace

base::Result<VectorSearch> VectorSearch::Load(IndexStore* store,
                                              size_t dimension,
                                              simd::WeightType type) {
  VectorSearch search(dimension, type);
  auto all = store->database().Prepare(
      "SELECT first_chunk, rows FROM vector ORDER BY first_chunk");
  if (!all) return all.error();
  const size_t row_bytes = simd::RowBytes(type, dimension);
  for (;;) {
    const auto row = all->Step();
    if (!row) return row.error();
    if (!*row) break;
    const int64_t first = all->Integer(0);
    const std::string_view bytes = all->Blob(1);
    if (bytes.size() % row_bytes != 0) {
      return base::MakeError(
          base::ErrorCode::kBadFile,
          store->database().name() + ": its vectors are of another length");
    }
    search.rows_.append(bytes);
    for (size_t i = 0; i < bytes.size() / row_bytes; ++i) {
      search.numbers_.push_back(first + static_cast<int64_t>(i));
    }
  }
  search.products_.resize(search.numbers_.size());
  return search;
}

simd::WeightView VectorSearch::Rows() const {
  return {rows_.data(), type_, numbers_.size(), dimension_};
}

std::vector<ScoredChunk> VectorSearch::Nearest(std::span<const float> vector,
                                               size_t most) {
  assert(vector.size() == dimension_);
  std::vector<ScoredChunk> nearest;
  if (numbers_.empty()) return nearest;
  const simd::WeightView rows = Rows();
  const auto format = simd::FormatOf(type_).activations;
  const std::unique_ptr<void, AlignedFree> packed(::operator new (
      simd::ActivationBytes(format, 1, dimension_), std::align_val_t{64}));
  const simd::ActivationView x = simd::PackActivations(
      vector.data(), 1, dimension_, dimension_, format, packed.get());
  float* const products = products_.data();
  simd::MatVecs(rows, 0, rows.rows, x, &products);
  std::vector<uint32_t> order(rows.rows);
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<uint32_t>(i);
  most = std::min(most, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(most),
                    order.end(), [&](uint32_t a, uint32_t b) {
                      return std::pair(-products_[a], a) <
                             std::pair(-products_[b], b);
                    });
  for (size_t i = 0; i < most; ++i) {
    nearest.push_back({.number = numbers_[order[i]],
                       .score = static_cast<double>(products_[order[i]])});
  }
  return nearest;
}

size_t VectorSearch::RowOf(int64_t number) const {
  const auto at = std::ranges::lower_bound(numbers_, number);
  if (at == numbers_.end() || *at != number) return size();
  return static_cast<size_t>(at - numbers_.begin());
}

double VectorSearch::ProductOf(int64_t number) const {
  const size_t row = RowOf(number);
  return row < size() ? static_cast<double>(products_[row]) : 0;
}

std::vector<float> VectorSearch::VectorOf(int64_t number) const {
  const size_t row = RowOf(number);
  if (row == size()) return {};
  std::vector<float> vector(dimension_);
  simd::ExpandRow(Rows(), row, vector.data());
  return vector;
}

}  // namespace krait::repository
