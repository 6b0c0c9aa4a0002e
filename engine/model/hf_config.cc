// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_config.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "engine/file/field_reader.h"
#include "engine/file/json_file.h"
#include "engine/file/printable.h"
#include "engine/model/architecture.h"

namespace krait::engine {
namespace {

struct HfModelKind {
  const ArchitectureInfo* info;
  const HfModelType* type;
};

// Returns the only entry of "architectures", or "" without any.
Result<std::string> ArchitectureName(const JsonFields& fields) {
  constexpr std::string_view kKey = "architectures";
  const std::optional<simdjson::dom::element> element = fields.Find(kKey);
  if (!element) return std::string();
  simdjson::dom::array array;
  std::string_view name;
  if (element->get(array) != simdjson::SUCCESS || array.size() != 1 ||
      array.at(0).get(name) != simdjson::SUCCESS) {
    return fields.Mismatch(kKey, "an array of one string");
  }
  return std::string(name);
}

// Both names, if given, must be known and of the same model.
Result<HfModelKind> ReadModelType(const JsonFields& fields) {
  Result<std::string> class_name = ArchitectureName(fields);
  if (!class_name) return class_name.error();
  Result<std::optional<std::string>> name = fields.FindString("model_type");
  if (!name) return name.error();
  if (class_name->empty() && !*name) {
    return fields.Wrong("model_type", "it is missing");
  }
  for (const ArchitectureInfo* info : Architectures()) {
    for (const HfModelType& type : info->hf_types) {
      if (!class_name->empty() && *class_name != type.class_name) continue;
      if (*name && **name != type.model_type) continue;
      return HfModelKind{info, &type};
    }
  }
  return fields.NotYet(fmt::format(
      "architecture '{}' with model_type '{}' (expected {} with its own)",
      Printable(*class_name), Printable(name->value_or("")), HfClassNames()));
}

void CollectFields(const JsonFields& fields, HfConfig* config) {
  for (const simdjson::dom::key_value_pair field : fields.object()) {
    config->fields.emplace_back(Printable(field.key),
                                Printable(simdjson::minify(field.value)));
  }
}

}  // namespace

Result<HfConfig> ParseHfConfig(std::string_view json, const std::string& name) {
  Result<std::unique_ptr<JsonFile>> file =
      JsonFile::Parse(json, name, JsonDialect::kPython);
  if (!file) return file.error();
  const JsonFields& fields = (*file)->root();
  const Result<HfModelKind> model = ReadModelType(fields);
  if (!model) return model.error();

  HfConfig config;
  FieldReader read(fields);
  config.hparams.vocab = read.Size("vocab_size");
  config.hparams.d_model = read.Size("hidden_size");
  config.hparams.layers = read.Size("num_hidden_layers");
  config.hparams.context_length = read.Size("max_position_embeddings", 0);
  config.tied = read.Bool("tie_word_embeddings", model->type->is_tied);
  const std::string activation = read.String("hidden_act", "silu");
  if (activation != "silu") {
    read.NotYet(fmt::format("hidden_act '{}'", Printable(activation)));
  }
  if (fields.Find("quantization_config")) read.NotYet("quantization_config");
  config.hparams.architecture = model->info->architecture;
  model->type->read(&read, &config.hparams);
  if (!read.status()) return read.status().error();
  CollectFields(fields, &config);
  return config;
}

Result<HfConfig> ParseMistralParams(std::string_view json,
                                    const std::string& name) {
  Result<std::unique_ptr<JsonFile>> file =
      JsonFile::Parse(json, name, JsonDialect::kPython);
  if (!file) return file.error();
  const JsonFields& fields = (*file)->root();
  FieldReader read(fields);
  const std::string type = read.String("model_type", "transformer");
  if (type != "mamba") {
    read.NotYet(
        fmt::format("model_type '{}' of Mistral's own layout (expected "
                    "'mamba'; use the Hugging Face layout)",
                    Printable(type)));
  }
  HfConfig config;
  config.hparams.architecture = Architecture::kMamba2;
  config.hparams.layer_pattern = {{.mixer = MixerKind::kMamba2}};
  config.hparams.d_model = read.Size("dim");
  config.hparams.layers = read.Size("n_layers");
  config.hparams.vocab = read.Size("vocab_size");
  config.hparams.mamba2.groups = read.Size("n_groups");
  config.hparams.norm_eps = 1e-5F;  // the layout has no field for it
  config.vocab_multiple = read.Size("pad_vocab_size_multiple", 1);
  config.tied = read.Bool("tie_embeddings", false);
  config.shape_from_tensors = true;
  read.Only("rms_norm", true);
  if (!read.status()) return read.status().error();
  CollectFields(fields, &config);
  return config;
}

}  // namespace krait::engine
