// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/term_table.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/code_terms.h"
#include "simd/elementwise.h"
#include "simd/weights.h"

namespace krait::engine {
namespace {

constexpr std::string_view kPooling = "log_counted_terms";
constexpr uint64_t kMostTermsOfText = 8192;
constexpr simd::WeightType kRowType = simd::WeightType::kQ4_0;
constexpr size_t kDimensions = 64;  // so that a row is whole int32
constexpr size_t kBlockBytes = 18;  // of Q4_0: the scale, 32 numbers

struct Table {
  size_t dimension = 0;
  size_t max_terms = 0;
  std::vector<std::string> terms;
  std::string rows;  // bytes of [terms, dimension]
};

class TermTable final : public TextEncoder {
 public:
  explicit TermTable(Table table) : table_(std::move(table)) {
    dimension_ = table_.dimension;
    max_tokens_ = table_.max_terms;
    uint64_t hash = XXH3_64bits(table_.rows.data(), table_.rows.size());
    for (size_t i = 0; i < table_.terms.size(); ++i) {
      const std::string& term = table_.terms[i];
      numbers_.emplace(term, static_cast<uint32_t>(i));
      hash = XXH3_64bits_withSeed(term.data(), term.size(), hash);
    }
    fingerprint_ = hash;
  }

  std::string_view kind() const override { return "term table"; }

  std::unique_ptr<Scratch> NewScratch() const override {
    auto buffers = std::make_unique<Buffers>();
    buffers->times.resize(table_.terms.size());
    buffers->row.resize(dimension_);
    return buffers;
  }

  size_t Encode(std::span<const std::string_view> texts, Scratch& scratch,
                float* vectors) const override {
    auto& buffers = static_cast<Buffers&>(scratch);
    size_t terms = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      terms += EncodeOne(texts[i], buffers, vectors + i * dimension_);
    }
    return terms;
  }

  // Whether no term is there twice.
  bool Distinct() const { return numbers_.size() == table_.terms.size(); }

 private:
  struct Buffers : Scratch {
    std::vector<uint32_t> times;  // by the term's number; 0 between calls
    std::vector<uint32_t> there;
    std::vector<float> row;  // [dimension]
  };

  size_t EncodeOne(std::string_view text, Buffers& buffers,
                   float* vector) const {
    buffers.there.clear();
    size_t terms = 0;
    base::ForEachTerm(text.substr(0, max_tokens_ * kTokenBytes),
                      [&](std::string_view term, bool whole) {
                        if (whole || terms == max_tokens_) return;
                        ++terms;
                        const auto found = numbers_.find(term);
                        if (found == numbers_.end()) return;
                        if (buffers.times[found->second]++ == 0) {
                          buffers.there.push_back(found->second);
                        }
                      });
    std::fill_n(vector, dimension_, 0.0F);
    const simd::WeightView rows{table_.rows.data(), kRowType,
                                table_.terms.size(), dimension_};
    for (const uint32_t number : buffers.there) {
      const auto times =
          static_cast<float>(std::exchange(buffers.times[number], 0U));
      simd::ExpandRow(rows, number, buffers.row.data());
      simd::Scale(std::log1p(times), dimension_, buffers.row.data());
      simd::Add(buffers.row.data(), dimension_, vector);
    }
    Normalise({vector, dimension_});
    return terms;
  }

  const Table table_;
  std::unordered_map<std::string_view, uint32_t> numbers_;  // of table_.terms
};

Error NotATable(const GgufFile& gguf, std::string_view what) {
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: krait.embedding.{}", gguf.name(), what));
}

Result<size_t> SizeOf(const GgufFile& gguf, std::string_view key,
                      uint64_t most) {
  const auto value =
      gguf.RequireUint(std::string("krait.embedding.").append(key));
  if (!value) return value.error();
  if (*value < 1 || *value > most) {
    return NotATable(
        gguf, fmt::format("{}: expected 1 to {}, found {}", key, most, *value));
  }
  return static_cast<size_t>(*value);
}

// Four of each number, the lowest first.
std::string BytesOf(const std::vector<int64_t>& numbers) {
  std::string bytes;
  bytes.reserve(4 * numbers.size());
  for (const int64_t number : numbers) {
    const auto word = static_cast<uint32_t>(number);
    for (const unsigned shift : {0U, 8U, 16U, 24U}) {
      bytes += static_cast<char>(word >> shift & 0xFFU);
    }
  }
  return bytes;
}

// Whether all are numbers: whether no block's scale, a float16, is not.
bool AllFinite(std::string_view rows) {
  for (size_t at = 1; at < rows.size(); at += kBlockBytes) {
    if ((static_cast<unsigned char>(rows[at]) & 0x7cU) == 0x7cU) return false;
  }
  return true;
}

Status CheckPooling(const GgufFile& gguf) {
  const auto pooling = gguf.RequireString("krait.embedding.pooling");
  if (!pooling) return pooling.error();
  if (*pooling == kPooling) return {};
  return MakeError(
      ErrorCode::kUnsupported,
      fmt::format("{}: not supported: krait.embedding.pooling \"{}\"",
                  gguf.name(), *pooling));
}

Result<Table> ReadTable(const GgufFile& gguf) {
  Table table;
  if (auto status = CheckPooling(gguf); !status) return status.error();
  const auto dimension = SizeOf(gguf, "dimension", TextEncoder::kMostDimension);
  if (!dimension) return dimension.error();
  table.dimension = *dimension;
  if (table.dimension % kDimensions != 0) {
    return NotATable(gguf, "dimension: expected a multiple of 64");
  }
  const auto max_terms = SizeOf(gguf, "max_tokens", kMostTermsOfText);
  if (!max_terms) return max_terms.error();
  table.max_terms = *max_terms;
  const auto terms = gguf.FindArray("krait.embedding.terms");
  if (!terms) return terms.error();
  const auto rows = gguf.FindArray("krait.embedding.rows");
  if (!rows) return rows.error();
  if (*terms != nullptr) {
    table.terms.assign((*terms)->strings.begin(), (*terms)->strings.end());
  }
  if (*rows != nullptr) table.rows = BytesOf((*rows)->ints);
  const size_t bytes =
      table.terms.size() * simd::RowBytes(kRowType, table.dimension);
  if (table.terms.empty() || table.rows.size() != bytes) {
    return NotATable(gguf, fmt::format("rows: expected {} bytes of {} terms",
                                       bytes, table.terms.size()));
  }
  if (!AllFinite(table.rows)) {
    return NotATable(gguf, "rows: expected finite numbers");
  }
  return table;
}

}  // namespace

bool HasTermTable(const GgufFile& gguf) {
  return gguf.Find("krait.embedding.dimension") != nullptr;
}

Result<std::shared_ptr<const TextEncoder>> LoadTermTable(const GgufFile& gguf) {
  auto table = ReadTable(gguf);
  if (!table) return table.error();
  auto encoder = std::make_shared<const TermTable>(std::move(*table));
  if (!encoder->Distinct()) {
    return NotATable(gguf, "terms: expected each once");
  }
  return std::shared_ptr<const TextEncoder>(std::move(encoder));
}

}  // namespace krait::engine
