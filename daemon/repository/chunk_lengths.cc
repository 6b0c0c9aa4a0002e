// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/chunk_lengths.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace krait::repository {
namespace {

constexpr size_t kSteps = 64;
constexpr double kLeastTerms = 4;
constexpr double kStepsToDouble = 4;

std::array<float, kSteps> TermsBySteps() {
  std::array<float, kSteps> terms{};
  for (size_t i = 0; i < kSteps; ++i) {
    terms[i] = static_cast<float>(
        kLeastTerms * std::exp2(static_cast<double>(i) / kStepsToDouble));
  }
  return terms;
}

}  // namespace

char LengthByte(size_t terms) {
  const double steps =
      kStepsToDouble *
      std::log2(std::max(static_cast<double>(terms), kLeastTerms) /
                kLeastTerms);
  return static_cast<char>(
      std::min<int64_t>(std::lround(steps), int64_t{kSteps} - 1));
}

base::Result<ChunkLengths> ChunkLengths::Load(Database* database) {
  static const std::array<float, kSteps> terms = TermsBySteps();
  auto all = database->Prepare(
      "SELECT first_chunk, lengths FROM file WHERE chunks > 0");
  if (!all) return all.error();
  ChunkLengths loaded;
  for (;;) {
    const auto row = all->Step();
    if (!row) return row.error();
    if (!*row) return loaded;
    const auto first =
        static_cast<size_t>(std::max<int64_t>(all->Integer(0), 0));
    const std::string_view lengths = all->Blob(1);
    constexpr size_t kMostChunks = size_t{1} << 32;
    if (first > kMostChunks) {
      return base::MakeError(
          base::ErrorCode::kBadFile,
          database->name() + ": a chunk's number is too large");
    }
    if (loaded.lengths_.size() < first + lengths.size()) {
      loaded.lengths_.resize(first + lengths.size());
    }
    for (size_t i = 0; i < lengths.size(); ++i) {
      const auto steps = static_cast<unsigned char>(lengths[i]);
      loaded.lengths_[first + i] = terms[std::min<size_t>(steps, kSteps - 1)];
    }
  }
}

}  // namespace krait::repository
