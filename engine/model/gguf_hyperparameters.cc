// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_hyperparameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/file/printable.h"

namespace krait::engine {
namespace {

// Reads keys below one architecture's prefix. The first failure is kept, and
// everything after it returns a default, so that the code reads as a list.
class KeyReader {
 public:
  KeyReader(const GgufFile& gguf, std::string_view prefix)
      : gguf_(gguf), prefix_(prefix) {}

  size_t Size(std::string_view key) {
    return static_cast<size_t>(Take(gguf_.RequireUint(Name(key)), 0));
  }
  size_t Size(std::string_view key, size_t otherwise) {
    return static_cast<size_t>(
        Take(gguf_.FindUint(Name(key)), {}).value_or(otherwise));
  }
  double Float(std::string_view key) {
    return Take(gguf_.RequireFloat(Name(key)), 0.0);
  }
  double Float(std::string_view key, double otherwise) {
    return Take(gguf_.FindFloat(Name(key)), {}).value_or(otherwise);
  }
  bool Bool(std::string_view key) {
    return Take(gguf_.FindBool(Name(key)), {}).value_or(false);
  }
  std::string String(std::string_view key, const std::string& otherwise) {
    return Take(gguf_.FindString(Name(key)), {}).value_or(otherwise);
  }

  void Fail(ErrorCode code, std::string_view what) {
    if (!status_) return;
    status_ = MakeError(code, fmt::format("{}: {}", gguf_.name(), what));
  }
  void NotYet(std::string_view what) {
    Fail(ErrorCode::kUnsupported, fmt::format("not supported yet: {}", what));
  }

  std::string Name(std::string_view key) const {
    return fmt::format("{}{}", prefix_, key);
  }
  const Status& status() const { return status_; }

 private:
  template <class T>
  T Take(Result<T> result, std::type_identity_t<T> otherwise) {
    if (result) return *result;
    if (status_) status_ = result.error();
    return otherwise;
  }

  const GgufFile& gguf_;
  std::string prefix_;
  Status status_;
};

void ReadMamba2(KeyReader* read, Mamba2Shape* shape) {
  shape->conv_width = read->Size("ssm.conv_kernel");
  shape->d_inner = read->Size("ssm.inner_size");
  shape->state = read->Size("ssm.state_size");
  // The key keeps the name of Mamba-1's use of it.
  shape->heads = read->Size("ssm.time_step_rank");
  shape->groups = read->Size("ssm.group_count");
  if (shape->heads != 0) shape->head_dim = shape->d_inner / shape->heads;
  if (read->Bool("ssm.dt_b_c_rms")) read->NotYet(read->Name("ssm.dt_b_c_rms"));
}

void CheckNoRopeScaling(KeyReader* read) {
  const std::string scaling = read->String("rope.scaling.type", "none");
  if (scaling != "none") {
    read->NotYet(fmt::format("rope scaling '{}'", Printable(scaling)));
  }
  for (const char* key : {"rope.scaling.factor", "rope.scale_linear"}) {
    if (read->Float(key, 1.0) != 1.0) read->NotYet(read->Name(key));
  }
}

void ReadLlama(KeyReader* read, size_t d_model, LlamaShape* shape) {
  const size_t experts = read->Size("expert_count", 0);
  if (experts > 0) {
    read->NotYet(fmt::format("mixture of experts ({} is {})",
                             read->Name("expert_count"), experts));
  }
  shape->heads = read->Size("attention.head_count");
  shape->kv_heads = read->Size("attention.head_count_kv", shape->heads);
  shape->d_ff = read->Size("feed_forward_length");
  const size_t key_length = read->Size("attention.key_length", 0);
  shape->head_dim = key_length;
  if (key_length == 0 && shape->heads != 0) {
    if (d_model % shape->heads != 0) {
      read->Fail(ErrorCode::kBadFile,
                 fmt::format("key '{}': {} heads do not divide "
                             "embedding_length {}",
                             read->Name("attention.head_count"), shape->heads,
                             d_model));
    }
    shape->head_dim = d_model / shape->heads;
  }
  if (read->Size("attention.value_length", shape->head_dim) !=
      shape->head_dim) {
    read->NotYet(fmt::format("{} that differs from key_length",
                             read->Name("attention.value_length")));
  }
  shape->rope_dim = read->Size("rope.dimension_count", shape->head_dim);
  shape->rope_base = read->Float("rope.freq_base", 10000.0);
  shape->rope_pairing = simd::RopePairing::kAdjacent;
  shape->sliding_window = read->Size("attention.sliding_window", 0);
  CheckNoRopeScaling(read);
}

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

Result<Architecture> ReadArchitecture(const GgufFile& gguf) {
  Result<std::string> name = gguf.RequireString("general.architecture");
  if (!name) return name.error();
  if (*name == "mamba2") return Architecture::kMamba2;
  if (*name == "llama") return Architecture::kLlama;
  return MakeError(ErrorCode::kUnsupported,
                   fmt::format("{}: not supported yet: architecture '{}' "
                               "(expected mamba2 or llama)",
                               gguf.name(), Printable(*name)));
}

// krait's own keys, and those of every file.
void ReadGeneral(KeyReader* read, Hyperparameters* hparams) {
  hparams->name = Printable(read->String("general.name", ""));
  const std::string order = read->String("krait.fim.order", "");
  if (order == "spm") {
    hparams->fim = FimTraining::kSpm;
  } else if (order == "psm") {
    hparams->fim = FimTraining::kPsm;
  } else if (order == "both") {
    hparams->fim = FimTraining::kSpmAndPsm;
  } else if (!order.empty()) {
    read->Fail(ErrorCode::kBadFile,
               fmt::format("key 'krait.fim.order': expected 'spm', 'psm' or "
                           "'both', found '{}'",
                           Printable(order)));
  }
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
  Result<Architecture> architecture = ReadArchitecture(gguf);
  if (!architecture) return architecture.error();
  const std::string_view arch =
      *architecture == Architecture::kMamba2 ? "mamba2" : "llama";
  Hyperparameters hparams;
  hparams.architecture = *architecture;
  Result<size_t> vocab = ReadVocab(gguf, tensors, arch);
  if (!vocab) return vocab.error();
  hparams.vocab = *vocab;

  KeyReader general(gguf, "");
  ReadGeneral(&general, &hparams);
  if (!general.status()) return general.status().error();

  KeyReader read(gguf, fmt::format("{}.", arch));
  hparams.d_model = read.Size("embedding_length");
  hparams.layers = read.Size("block_count");
  hparams.context_length = read.Size("context_length", 0);
  hparams.norm_eps =
      static_cast<float>(read.Float("attention.layer_norm_rms_epsilon"));
  if (*architecture == Architecture::kMamba2) {
    ReadMamba2(&read, &hparams.mamba2);
  } else {
    ReadLlama(&read, hparams.d_model, &hparams.llama);
  }
  if (!read.status()) return read.status().error();
  return hparams;
}

}  // namespace krait::engine
