// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_hyperparameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include "engine/file/gguf_keys.h"
#include "engine/file/printable.h"
#include "engine/model/architecture.h"

namespace krait::engine {
namespace {

// Rows of the embedding; {arch}.vocab_size may say it again.
Result<size_t> ReadVocab(const GgufFile& gguf, std::span<const Tensor> tensors,
                         std::string_view arch) {
  const auto it = std::find_if(
      tensors.begin(), tensors.end(),
      [](const Tensor& tensor) { return tensor.name == "token_embd.weight"; });
  if (it == tensors.end()) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: tensor 'token_embd.weight' is missing", gguf.name()));
  }
  const size_t rows = it->shape.front();
  const std::string key = fmt::format("{}.vocab_size", arch);
  Result<std::optional<uint64_t>> stated = gguf.FindUint(key);
  if (!stated) return stated.error();
  if (stated->value_or(rows) != rows) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: key '{}' is {}, but 'token_embd.weight' "
                                 "has {} rows",
                                 gguf.name(), key, **stated, rows));
  }
  return rows;
}

Result<const ArchitectureInfo*> ReadArchitecture(const GgufFile& gguf) {
  Result<std::string> name = gguf.RequireString("general.architecture");
  if (!name) return name.error();
  for (const ArchitectureInfo* info : Architectures()) {
    if (*name == info->name) return info;
  }
  return MakeError(
      ErrorCode::kUnsupported,
      fmt::format("{}: not supported yet: architecture '{}' "
                  "(expected {})",
                  gguf.name(), Printable(*name), ArchitectureNames()));
}

// krait's own keys, and those of every file.
void ReadGeneral(GgufKeys* read, Hyperparameters* hparams) {
  hparams->name = Printable(read->String("general.name", ""));
  constexpr size_t kNone = std::numeric_limits<size_t>::max();
  const size_t file_token = read->Size("krait.file_token_id", kNone);
  if (file_token == kNone) return;
  if (file_token >= hparams->vocab) {
    read->Fail(ErrorCode::kBadFile,
               fmt::format("key 'krait.file_token_id': expected less than the "
                           "vocabulary's {}, found {}",
                           hparams->vocab, file_token));
    return;
  }
  hparams->file_token = static_cast<TokenId>(file_token);
}

}  // namespace

Result<Hyperparameters> ReadGgufHyperparameters(
    const GgufFile& gguf, std::span<const Tensor> tensors) {
  const Result<const ArchitectureInfo*> info = ReadArchitecture(gguf);
  if (!info) return info.error();
  Hyperparameters hparams;
  hparams.architecture = (*info)->architecture;
  Result<size_t> vocab = ReadVocab(gguf, tensors, (*info)->name);
  if (!vocab) return vocab.error();
  hparams.vocab = *vocab;

  GgufKeys general(gguf, "");
  ReadGeneral(&general, &hparams);
  if (!general.status()) return general.status().error();

  GgufKeys read(gguf, fmt::format("{}.", (*info)->name));
  hparams.d_model = read.Size("embedding_length");
  hparams.layers = read.Size("block_count");
  hparams.context_length = read.Size("context_length", 0);
  hparams.norm_eps =
      static_cast<float>(read.Float("attention.layer_norm_rms_epsilon"));
  (*info)->read_gguf(&read, &hparams);
  if (!read.status()) return read.status().error();
  if ((*info)->ssm_norm_is_optional) {
    hparams.mamba2.has_norm = std::ranges::any_of(tensors, [](const Tensor& t) {
      return t.name == "blk.0.ssm_norm.weight";
    });
  }
  return hparams;
}

}  // namespace krait::engine
