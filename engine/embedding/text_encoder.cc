// SPDX-License-Identifier: Apache-2.0
#include "engine/embedding/text_encoder.h"

#include <cmath>
#include <string>
#include <system_error>

#include "engine/embedding/bert_encoder.h"
#include "engine/embedding/model2vec.h"
#include "engine/embedding/term_table.h"
#include "engine/file/gguf.h"
#include "engine/file/json_file.h"
#include "engine/model/gguf_split.h"
#include "simd/elementwise.h"

namespace krait::engine {
namespace {

using Loaded = Result<std::shared_ptr<const TextEncoder>>;

Error NoEncoder(const std::string& name, const std::string& found) {
  return MakeError(
      ErrorCode::kUnsupported,
      name + ": " + found +
          ", which makes no vectors of texts; expected a sentence encoder of "
          "the BERT family, a model2vec directory, or a GGUF file with the "
          "keys krait.embedding.*");
}

Loaded LoadFile(const std::filesystem::path& path) {
  const auto gguf = GgufFile::Open(MetadataFile(path));
  if (!gguf) return gguf.error();
  if (HasTermTable(**gguf)) return LoadTermTable(**gguf);
  const auto architecture = (*gguf)->RequireString("general.architecture");
  if (!architecture) return architecture.error();
  if (*architecture == "bert") return LoadBert(path);
  return NoEncoder((*gguf)->name(), "a model of '" + *architecture + "'");
}

Loaded LoadDirectory(const std::filesystem::path& path) {
  const auto config =
      JsonFile::Open(path / "config.json", JsonDialect::kPython);
  if (!config) return config.error();
  const JsonFields& root = (*config)->root();
  const auto type = root.FindString("model_type");
  if (!type) return type.error();
  if (type->value_or("") == "model2vec") return LoadModel2Vec(path, root);
  if (type->value_or("") == "bert") return LoadBert(path);
  return NoEncoder(root.file(), "model_type '" + type->value_or("") + "'");
}

}  // namespace

Loaded TextEncoder::Load(const std::filesystem::path& path) {
  std::error_code not_there;
  return std::filesystem::is_directory(path, not_there) ? LoadDirectory(path)
                                                        : LoadFile(path);
}

void Normalise(std::span<float> vector) {
  double squares = 0;
  for (const float v : vector) {
    squares += static_cast<double>(v) * static_cast<double>(v);
  }
  if (squares <= 0 || !std::isfinite(squares)) return;
  simd::Scale(static_cast<float>(1 / std::sqrt(squares)), vector.size(),
              vector.data());
}

}  // namespace krait::engine
