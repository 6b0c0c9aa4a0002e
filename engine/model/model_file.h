// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_MODEL_MODEL_FILE_H_
#define KRAIT_ENGINE_MODEL_MODEL_FILE_H_

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/error.h"
#include "engine/file/tensor.h"
#include "engine/model/hyperparameters.h"
#include "engine/tokenizer/fim_choice.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// A model on disk, whatever its format: hyperparameters, and tensors under
// GGUF's names and conventions. Two formats exist:
//   gguf_model.cc  one GGUF file
//   hf_model.cc    a directory: config.json with model.safetensors or shards
//                  with model.safetensors.index.json, or Mistral's own layout:
//                  params.json with consolidated.safetensors
// Which architectures they may be of says architecture.h.
// What a format stores differently is converted on Open, small tensors only:
// ssm_a is always -exp(A_log), small vectors keep their type; large matrices
// stay mapped. A rotary pairing that differs is said in
// AttentionShape.
//
// Immutable and thread-safe after Open; tensors live as long as it does.
class ModelFile {
 public:
  virtual ~ModelFile() = default;

  // `path` is a .gguf file or a directory. Checks everything that can be
  // checked without touching the weights: hyperparameters present, in range
  // and consistent, tensors inside the file. What `fim` says comes before what
  // the file says of fill-in-the-middle.
  static Result<std::unique_ptr<ModelFile>> Open(
      const std::filesystem::path& path, const FimChoice& fim = {});

  const std::filesystem::path& path() const { return path_; }
  const Hyperparameters& hyperparameters() const { return hparams_; }

  // Returns the tensor, or null. Names are GGUF's: "blk.0.ssm_in.weight".
  const Tensor* Find(std::string_view name) const;

  // Returns the tensor and checks shape and that its type can be run. The
  // message names file, tensor, expected and found shape; a type that exists
  // but cannot be run gives "not supported yet: IQ2_XS in tensor X".
  Result<const Tensor*> Require(std::string_view name,
                                std::span<const size_t> shape) const;

  const std::vector<Tensor>& tensors() const { return tensors_; }

  // What the file says of fill-in-the-middle (GGUF: the keys krait.fim.*), or
  // whoever opened it.
  const FimChoice& fim() const { return fim_; }

  // Loads the tokenizer that belongs to the model and checks that it fits the
  // vocabulary size. kNotFound if a directory holds none; a GGUF file without
  // one is a bad file.
  virtual Result<std::unique_ptr<Tokenizer>> LoadTokenizer() const = 0;

  // Key and printable value pairs of the file's metadata, long ones shortened,
  // for `krait model info`.
  virtual std::vector<std::pair<std::string, std::string>> Metadata() const = 0;

 protected:
  // The end of every format's Open: sorts the tensors, checks the
  // hyperparameters and that the architecture's tensors are all there.
  Status Finish();

  std::filesystem::path path_;
  Hyperparameters hparams_;
  FimChoice fim_;
  std::vector<Tensor> tensors_;  // sorted by name
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_MODEL_MODEL_FILE_H_
