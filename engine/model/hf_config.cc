// SPDX-License-Identifier: Apache-2.0
#include "engine/model/hf_config.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>

#include "engine/file/field_reader.h"
#include "engine/file/json_file.h"
#include "engine/file/printable.h"

namespace krait::engine {
namespace {

enum class HfModelType : uint8_t { kMamba2, kLlama, kMistral };

struct HfModelName {
  std::string_view model_type;
  std::string_view architecture;
  HfModelType type;
};

constexpr std::array<HfModelName, 3> kModels = {{
    {"mamba2", "Mamba2ForCausalLM", HfModelType::kMamba2},
    {"llama", "LlamaForCausalLM", HfModelType::kLlama},
    {"mistral", "MistralForCausalLM", HfModelType::kMistral},
}};

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
Result<HfModelType> ReadModelType(const JsonFields& fields) {
  Result<std::string> architecture = ArchitectureName(fields);
  if (!architecture) return architecture.error();
  Result<std::optional<std::string>> type = fields.FindString("model_type");
  if (!type) return type.error();
  if (architecture->empty() && !*type) {
    return fields.Wrong("model_type", "it is missing");
  }
  for (const HfModelName& model : kModels) {
    if (!architecture->empty() && *architecture != model.architecture) continue;
    if (*type && **type != model.model_type) continue;
    return model.type;
  }
  return fields.NotYet(fmt::format(
      "architecture '{}' with model_type '{}' (expected Mamba2ForCausalLM, "
      "LlamaForCausalLM or MistralForCausalLM with its own)",
      Printable(*architecture), Printable(type->value_or(""))));
}

bool IsInfinity(const simdjson::dom::element& element) {
  std::string_view word;
  if (element.get(word) != simdjson::SUCCESS) {
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS ||
        object.at_key("__float__").get(word) != simdjson::SUCCESS) {
      return false;
    }
  }
  return word == "Infinity";
}

// Limits of dt other than [0, infinity] would have to be applied.
void CheckTimeStepLimit(FieldReader* read) {
  constexpr std::string_view kKey = "time_step_limit";
  const std::optional<simdjson::dom::element> element =
      read->fields().Find(kKey);
  if (!element) return;
  simdjson::dom::array array;
  if (element->get(array) != simdjson::SUCCESS || array.size() != 2) {
    read->Fail(read->fields().Mismatch(kKey, "an array of two numbers"));
    return;
  }
  double low = 0;
  simdjson::dom::element high;
  if (array.at(0).get(low) != simdjson::SUCCESS || low != 0.0 ||
      array.at(1).get(high) != simdjson::SUCCESS || !IsInfinity(high)) {
    read->NotYet("a time_step_limit other than [0, Infinity]");
  }
}

void ReadMamba2(FieldReader* read, Hyperparameters* hparams) {
  Mamba2Shape& shape = hparams->mamba2;
  shape.heads = read->Size("num_heads");
  shape.head_dim = read->Size("head_dim");
  shape.state = read->Size("state_size");
  shape.groups = read->Size("n_groups");
  shape.conv_width = read->Size("conv_kernel");
  hparams->norm_eps = static_cast<float>(read->Float("layer_norm_epsilon"));
  size_t d_inner = 0;
  if (__builtin_mul_overflow(read->Size("expand", 2), hparams->d_model,
                             &d_inner)) {
    read->Fail(read->fields().Mismatch("expand", "a small number"));
  }
  shape.d_inner = d_inner;
  read->Only("use_bias", false);
  read->Only("use_conv_bias", true);
  read->Only("rms_norm", true);
  CheckTimeStepLimit(read);
}

// Transformers 5 writes rope_parameters, earlier versions rope_theta beside a
// rope_scaling that is null or names a kind of scaling.
void ReadRope(FieldReader* read, LlamaShape* shape) {
  shape->rope_pairing = simd::RopePairing::kHalfSplit;
  shape->rope_base = read->Float("rope_theta", 10000.0);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const std::optional<JsonFields> fields = read->Object(key);
    if (!fields) continue;
    FieldReader rope(*fields);
    const std::string kind =
        rope.String("rope_type", rope.String("type", "default"));
    if (kind != "default") {
      rope.NotYet(fmt::format("{} of type '{}'", key, Printable(kind)));
    }
    shape->rope_base = rope.Float("rope_theta", shape->rope_base);
    if (rope.Float("partial_rotary_factor", 1.0) != 1.0) {
      rope.NotYet("a partial_rotary_factor other than 1");
    }
    if (!rope.status()) read->Fail(rope.status().error());
  }
}

void ReadLlama(FieldReader* read, HfModelType type, Hyperparameters* hparams) {
  LlamaShape& shape = hparams->llama;
  shape.heads = read->Size("num_attention_heads");
  // Only Llama's early configurations go without kv heads.
  shape.kv_heads = type == HfModelType::kLlama
                       ? read->Size("num_key_value_heads", shape.heads)
                       : read->Size("num_key_value_heads");
  shape.d_ff = read->Size("intermediate_size");
  shape.head_dim = read->Size("head_dim", 0);
  if (shape.head_dim == 0 && shape.heads != 0) {
    if (hparams->d_model % shape.heads != 0) {
      read->Fail(read->fields().Wrong(
          "num_attention_heads",
          fmt::format("{} heads do not divide hidden_size {}", shape.heads,
                      hparams->d_model)));
    }
    shape.head_dim = hparams->d_model / shape.heads;
  }
  hparams->norm_eps = static_cast<float>(read->Float("rms_norm_eps"));
  ReadRope(read, &shape);
  shape.rope_dim = shape.head_dim;
  if (type == HfModelType::kMistral) {
    // An absent window is the first Mistral's; null means none.
    const bool absent =
        read->fields().object()["sliding_window"].error() != simdjson::SUCCESS;
    shape.sliding_window = read->Size("sliding_window", absent ? 4096 : 0);
  }
  read->Only("attention_bias", false);
  read->Only("mlp_bias", false);
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
  Result<HfModelType> type = ReadModelType(fields);
  if (!type) return type.error();

  HfConfig config;
  FieldReader read(fields);
  config.hparams.vocab = read.Size("vocab_size");
  config.hparams.d_model = read.Size("hidden_size");
  config.hparams.layers = read.Size("num_hidden_layers");
  config.hparams.context_length = read.Size("max_position_embeddings", 0);
  config.tied = read.Bool("tie_word_embeddings", false);
  const std::string activation = read.String("hidden_act", "silu");
  if (activation != "silu") {
    read.NotYet(fmt::format("hidden_act '{}'", Printable(activation)));
  }
  if (fields.Find("quantization_config")) read.NotYet("quantization_config");
  if (*type == HfModelType::kMamba2) {
    config.hparams.architecture = Architecture::kMamba2;
    ReadMamba2(&read, &config.hparams);
  } else {
    config.hparams.architecture = Architecture::kLlama;
    ReadLlama(&read, *type, &config.hparams);
  }
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
