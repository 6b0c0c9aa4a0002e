// SPDX-License-Identifier: Apache-2.0
#include "engine/model/gguf_model.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <variant>

#include "engine/file/gguf_value.h"  // GgufValueKind
#include "engine/file/printable.h"
#include "engine/model/gguf_fim.h"
#include "engine/model/gguf_hyperparameters.h"
#include "engine/model/rope_fields.h"

namespace krait::engine {
namespace {

// A model in one GGUF file, or in the parts of a split one.
class GgufModel : public ModelFile {
 public:
  GgufModel(GgufParts parts, std::filesystem::path path)
      : parts_(std::move(parts)), gguf_(parts_.front().get()) {
    path_ = std::move(path);
  }

  Status Load();
  Result<std::unique_ptr<Tokenizer>> LoadTokenizer() const override;
  std::vector<std::pair<std::string, std::string>> Metadata() const override;

 private:
  Status CheckVocabulary() const;
  Status CheckLength(const char* key, bool of_strings, bool required) const;

  GgufParts parts_;       // their tensors are this model's
  const GgufFile* gguf_;  // the one with the metadata
};

Status GgufModel::Load() {
  Result<size_t> count = PartCount(*gguf_);
  if (!count) return count.error();
  if (*count != parts_.size()) {
    return MakeError(ErrorCode::kBadFile,
                     fmt::format("{}: key 'split.count': expected the {} parts "
                                 "that there are, found {}",
                                 gguf_->name(), parts_.size(), *count));
  }
  for (const auto& part : parts_) {
    tensors_.insert(tensors_.end(), part->tensors().begin(),
                    part->tensors().end());
  }
  Result<Hyperparameters> hparams = ReadGgufHyperparameters(*gguf_, tensors_);
  if (!hparams) return hparams.error();
  hparams_ = std::move(*hparams);
  Result<FimChoice> fim = ReadGgufFim(*gguf_);
  if (!fim) return fim.error();
  fim_ = std::move(*fim);
  if (hparams_.name.empty()) hparams_.name = path_.stem().string();
  if (Status status = Finish(); !status) return status;
  if (hparams_.Has(MixerKind::kAttention)) {
    Status status = ReadRopeDivisors(*this, &hparams_.attention);
    if (!status) return status;
  }
  return CheckVocabulary();
}

// One entry per row of the embedding in each of the vocabulary's lists.
Status GgufModel::CheckVocabulary() const {
  if (Status s = CheckLength("tokenizer.ggml.tokens", true, true); !s) return s;
  if (Status s = CheckLength("tokenizer.ggml.scores", false, false); !s) {
    return s;
  }
  return CheckLength("tokenizer.ggml.token_type", false, false);
}

Status GgufModel::CheckLength(const char* key, bool of_strings,
                              bool required) const {
  Result<const GgufArray*> array = gguf_->FindArray(key);
  if (!array) return array.error();
  if (*array == nullptr && !required) return {};
  if (*array == nullptr) {
    return MakeError(ErrorCode::kBadFile, fmt::format("{}: key '{}' is missing",
                                                      gguf_->name(), key));
  }
  const size_t found = of_strings ? (*array)->strings.size() : (*array)->size();
  if (found == hparams_.vocab) return {};
  return MakeError(ErrorCode::kBadFile,
                   fmt::format("{}: key '{}': expected {}{} for the rows of "
                               "'token_embd.weight', found {}",
                               gguf_->name(), key, hparams_.vocab,
                               of_strings ? " strings" : " elements", found));
}

Result<std::unique_ptr<Tokenizer>> GgufModel::LoadTokenizer() const {
  Result<std::unique_ptr<Tokenizer>> tokenizer =
      Tokenizer::FromGguf(*gguf_, fim_);
  if (!tokenizer) return tokenizer.error();
  if ((*tokenizer)->vocab_size() != hparams_.vocab) {
    return MakeError(
        ErrorCode::kBadFile,
        fmt::format("{}: the tokenizer has {} tokens, the model {}",
                    gguf_->name(), (*tokenizer)->vocab_size(), hparams_.vocab));
  }
  return tokenizer;
}

std::string DescribeValue(const GgufValue& value) {
  struct Describe {
    std::string operator()(uint64_t v) const { return fmt::format("{}", v); }
    std::string operator()(int64_t v) const { return fmt::format("{}", v); }
    // What a float prints is what the file's f32 needs.
    std::string operator()(double v) const {
      return fmt::format("{}", static_cast<float>(v));
    }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(const std::string& v) const { return Printable(v); }
    std::string operator()(const std::shared_ptr<const GgufArray>& v) const {
      return fmt::format("[{} elements]", v->size());
    }
  };
  return std::visit(Describe{}, value);
}

std::vector<std::pair<std::string, std::string>> GgufModel::Metadata() const {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(gguf_->keys().size());
  for (const std::string& key : gguf_->keys()) {
    pairs.emplace_back(Printable(key), DescribeValue(*gguf_->Find(key)));
  }
  return pairs;
}

}  // namespace

Result<std::unique_ptr<ModelFile>> MakeGgufModel(
    GgufParts parts, const std::filesystem::path& path) {
  auto model = std::make_unique<GgufModel>(std::move(parts), path);
  if (Status status = model->Load(); !status) return status.error();
  return std::unique_ptr<ModelFile>(std::move(model));
}

Result<std::unique_ptr<ModelFile>> OpenGgufModel(
    const std::filesystem::path& path) {
  Result<GgufParts> parts = OpenGgufParts(path);
  if (!parts) return parts.error();
  return MakeGgufModel(std::move(*parts), path);
}

}  // namespace krait::engine
