// SPDX-License-Identifier: Apache-2.0
// A tiny BERT with random weights against Hugging Face's
// (tests/data/README.md).

#include <gmock/gmock.h>
#include <simdjson.h>

#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/embedding/bert_encoder.h"
#include "engine/embedding/bert_file.h"
#include "engine/file/safetensors.h"
#include "tests/engine/embedding/encoder_testing.h"
#include "tests/engine/file/gguf_builder.h"

namespace krait::engine {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTiny = "encoders/bert-tiny";

struct Golden {
  std::string text;
  std::vector<uint64_t> ids;
  std::vector<float> vector;
};

std::vector<Golden> ReadGolden() {
  std::vector<Golden> all;
  simdjson::dom::parser parser;
  for (const auto row : simdjson::dom::array(parser.load(
           std::string(KRAIT_TEST_DATA "/") + kTiny + "/expected.json"))) {
    Golden golden;
    golden.text = std::string_view(row["text"]);
    for (const uint64_t id : row["ids"].get_array()) golden.ids.push_back(id);
    for (const double x : row["vector"].get_array()) {
      golden.vector.push_back(static_cast<float>(x));
    }
    all.push_back(std::move(golden));
  }
  return all;
}

class BertEncoderTest : public EncoderTest {
 protected:
  void SetUp() override {
    EncoderTest::SetUp();
    CopyData(kTiny);
  }

  void Change(const std::string& file, const std::string& from,
              const std::string& to) const {
    std::string text = Read(folder_ / file);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    Write(file, text);
  }

  void ExpectError(const std::string& part) const {
    const auto encoder = TextEncoder::Load(folder_);
    ASSERT_FALSE(encoder);
    EXPECT_THAT(encoder.error().message, HasSubstr(folder_.string()));
    EXPECT_THAT(encoder.error().message, HasSubstr(part));
  }

  // Writes the model as a GGUF file; `wide`: with four times as many
  // dimensions, random weights, and 200 positions that do not differ.
  void WriteGguf(const std::string& name, bool wide = false) const;
};

void ExpectGolden(const TextEncoder& encoder) {
  const std::vector<Golden> all = ReadGolden();
  ASSERT_GE(all.size(), 5U);
  std::vector<std::string_view> texts;
  size_t ids = 0;
  for (const Golden& golden : all) {
    texts.push_back(golden.text);
    ids += golden.ids.size();
  }
  std::vector<float> together(all.size() * encoder.dimension());
  const auto scratch = encoder.NewScratch();
  EXPECT_EQ(encoder.Encode(texts, *scratch, together.data()), ids);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].vector.size(), encoder.dimension());
    std::vector<float> alone(encoder.dimension());
    encoder.Encode({&texts[i], 1}, *scratch, alone.data());
    for (size_t c = 0; c < alone.size(); ++c) {
      // Rounding of float32 through two layers; the file has six digits.
      EXPECT_NEAR(alone[c], all[i].vector[c], 5e-6) << texts[i];
      EXPECT_EQ(alone[c], together[i * alone.size() + c]) << texts[i];
    }
  }
}

TEST_F(BertEncoderTest, SaysWhatTheReferenceSays) {
  const auto encoder = TextEncoder::Load(folder_);
  ASSERT_TRUE(encoder) << encoder.error().message;
  EXPECT_EQ((*encoder)->kind(), "BERT");
  EXPECT_EQ((*encoder)->dimension(), 16U);
  EXPECT_EQ((*encoder)->max_tokens(), 20U);
  ExpectGolden(**encoder);
}

TEST_F(BertEncoderTest, ManyTextsAreSeveralBatches) {
  const auto encoder = TextEncoder::Load(folder_);
  ASSERT_TRUE(encoder);
  const std::vector<std::string_view> texts(200, "read the a of file");
  const std::vector<float> vectors = Encode(**encoder, texts);
  const std::vector<float> one = Encode(**encoder, texts[0]);
  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t c = 0; c < 16; ++c) ASSERT_EQ(vectors[i * 16 + c], one[c]) << i;
  }
  EXPECT_TRUE(Encode(**encoder, std::vector<std::string_view>()).empty());
}

TEST_F(BertEncoderTest, TheFirstTokenCanStandForTheText) {
  const auto mean = TextEncoder::Load(folder_);
  Write("1_Pooling/config.json", R"({"pooling_mode_cls_token": true})");
  const auto first = TextEncoder::Load(folder_);
  ASSERT_TRUE(mean && first);
  EXPECT_NE((*mean)->fingerprint(), (*first)->fingerprint());
  EXPECT_LT(Dot(Encode(**mean, "a file"), Encode(**first, "a file")), 0.999);
}

// Random weights around what they would be.
std::string RandomTensor(const std::string& name, size_t elements) {
  const bool is_norm = name.find("norm.weight") != std::string::npos;
  const bool is_same = name.starts_with("position_embd");
  static std::minstd_rand random(7);
  std::normal_distribution<float> normal(is_norm ? 1.0F : 0.0F, 0.15F);
  std::vector<float> values(elements);
  for (float& value : values) value = is_same ? 0 : normal(random);
  return {reinterpret_cast<const char*>(values.data()),
          values.size() * sizeof(float)};
}

void BertEncoderTest::WriteGguf(const std::string& name, bool wide) const {
  const auto file = SafetensorsFile::Open(folder_ / "model.safetensors");
  ASSERT_TRUE(file);
  GgufBuilder builder;
  builder.StringKey("general.architecture", "bert");
  const std::pair<const char*, uint32_t> sizes[] = {
      {"bert.block_count", 2},
      {"bert.context_length", wide ? 200 : 24},
      {"bert.embedding_length", wide ? 64 : 16},
      {"bert.feed_forward_length", wide ? 128 : 32},
      {"bert.attention.head_count", 2},
      {"bert.pooling_type", 1}};
  for (const auto& [key, value] : sizes) builder.Key<uint32_t>(key, 4, value);
  builder.Key<float>("bert.attention.layer_norm_epsilon", 6, 1e-12F);
  builder.StringKey("tokenizer.ggml.model", "bert");
  simdjson::dom::parser parser;
  simdjson::dom::object vocab =
      parser.load((folder_ / "tokenizer.json").string())["model"]["vocab"];
  builder.ArrayKey("tokenizer.ggml.tokens", 8, vocab.size());
  for (const auto field : vocab) {  // in the order of the ids
    const std::string_view word = field.key;
    const bool bare = word.starts_with("[") && word.size() > 1;
    builder.String(word.starts_with("##") ? std::string(word.substr(2))
                   : bare                 ? std::string(word)
                                          : "\u2581" + std::string(word));
  }
  const std::pair<std::string, std::string> names[] = {
      {"embeddings.word_embeddings", "token_embd"},
      {"embeddings.position_embeddings", "position_embd"},
      {"embeddings.token_type_embeddings", "token_types"},
      {"embeddings.LayerNorm", "token_embd_norm"},
      {"attention.self.query", "attn_q"},
      {"attention.self.key", "attn_k"},
      {"attention.self.value", "attn_v"},
      {"attention.output.dense", "attn_output"},
      {"attention.output.LayerNorm", "attn_output_norm"},
      {"intermediate.dense", "ffn_up"},
      {"output.dense", "ffn_down"},
      {"output.LayerNorm", "layer_output_norm"},
      {"encoder.layer.", "blk."}};
  std::string data;
  for (const SafetensorsEntry& entry : (*file)->entries()) {
    std::string ours = entry.name;
    for (const auto& [from, to] : names) {
      const size_t at = ours.find(from);
      if (at != std::string::npos) ours.replace(at, from.size(), to);
    }
    std::vector<uint64_t> dims(entry.shape.rbegin(), entry.shape.rend());
    size_t elements = 1;
    for (uint64_t& dim : dims) {
      if (wide) dim = dim == 16 || dim == 32 ? 4 * dim : dim == 24 ? 200 : dim;
      elements *= dim;
    }
    builder.Tensor(ours, dims, wide ? TensorType::kF32 : *entry.type,
                   data.size());
    if (wide) {
      data += RandomTensor(ours, elements);
    } else {
      data.append(reinterpret_cast<const char*>(entry.data), entry.bytes);
    }
    data.resize((data.size() + 31) / 32 * 32);
  }
  Write(name, builder.Build() + data);
}

TEST_F(BertEncoderTest, AGgufFileSaysTheSame) {
  WriteGguf("tiny.gguf");
  const auto encoder = TextEncoder::Load(folder_ / "tiny.gguf");
  ASSERT_TRUE(encoder) << encoder.error().message;
  EXPECT_EQ((*encoder)->max_tokens(), 24U);
  const auto directory = TextEncoder::Load(folder_);
  ASSERT_TRUE(directory);
  for (const std::string_view text : {"read the file", "", "CAF\u00C9 7"}) {
    EXPECT_EQ(Encode(**encoder, text), Encode(**directory, text)) << text;
  }
}

TEST_F(BertEncoderTest, Int8SaysNearlyTheSame) {
  WriteGguf("wide.gguf", /*wide=*/true);
  const auto stored = LoadBert(folder_ / "wide.gguf", BertPrecision::kAsStored);
  const auto rounded = LoadBert(folder_ / "wide.gguf", BertPrecision::kInt8);
  ASSERT_TRUE(stored && rounded);
  EXPECT_NE((*stored)->fingerprint(), (*rounded)->fingerprint());
  for (const std::string_view text : {"read the file", "a", "the of 7 read"}) {
    const auto exact = Encode(**stored, text);
    const auto near = Encode(**rounded, text);
    EXPECT_GT(Dot(exact, near), 0.999) << text;
    EXPECT_NE(exact, near) << text;
  }
  // One whose rows are no whole blocks stays as it is.
  const auto tiny = LoadBert(folder_, BertPrecision::kInt8);
  ASSERT_TRUE(tiny);
  ExpectGolden(**tiny);
}

// Attention of a text of several blocks leaves none out: where positions do not
// differ, the order of the words does not count.
TEST_F(BertEncoderTest, ALongTextIsSeenAsAWhole) {
  WriteGguf("wide.gguf", /*wide=*/true);
  const auto encoder =
      LoadBert(folder_ / "wide.gguf", BertPrecision::kAsStored);
  ASSERT_TRUE(encoder);
  std::string forth;
  std::string back;
  const std::string_view words[] = {"read ", "the ", "file ", "of ", "a "};
  std::minstd_rand random(3);
  for (size_t i = 0; i < 150; ++i) {
    const std::string_view word = words[random() % (i < 75 ? 2 : 5)];
    forth += word;
    back.insert(0, word);
  }
  const auto there = Encode(**encoder, forth);
  EXPECT_GT(Dot(there, Encode(**encoder, back)), 0.999999);
  EXPECT_LT(Dot(there, Encode(**encoder, forth.substr(0, 500))), 0.99999);
}

TEST_F(BertEncoderTest, RefusesWhatItCannotRun) {
  const std::tuple<const char*, const char*, const char*, const char*> wrong[] =
      {{"config.json", "\"gelu\"", "\"relu\"", "hidden_act 'relu'"},
       {"config.json", "\"absolute\"", "\"relative_key\"", "relative_key"},
       {"config.json", "\"hidden_size\": 16", "\"hidden_size\": 18",
        "expected [48, 18], found [48, 16]"},
       {"config.json", "\"num_attention_heads\": 2",
        "\"num_attention_heads\": 3", "heads 3"},
       {"config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3",
        "'blk.2.attn_q.weight'"},
       {"config.json", "\"num_hidden_layers\": 2",
        "\"num_hidden_layers\": 99999999999", "sizes do not fit"},
       {"config.json", "\"vocab_size\": 48", "\"vocab_size\": 47",
        "found [48, 16]"},
       {"config.json", "\"bert\"", "\"t5\"", "model_type 't5'"},
       {"1_Pooling/config.json", "true", "false", "pooling"},
       {"sentence_bert_config.json", "20", "\"x\"", "max_seq_length"},
       {"tokenizer.json", "[CLS]", "[CXX]", "WordPiece"}};
  for (const auto& [file, from, to, part] : wrong) {
    CopyData(kTiny);
    Change(file, from, to);
    if (std::string_view(file) == "tokenizer.json") {
      Change(file, "\"[CLS]\"", "\"[CXX]\"");
      ExpectError("[CLS] and [SEP]");
    } else {
      ExpectError(part);
    }
  }
  CopyData(kTiny);
  std::filesystem::remove(folder_ / "tokenizer.json");
  ExpectError("tokenizer.json");
}

// A model that somebody else trained; `./dev test-real` says where it is.
TEST_F(BertEncoderTest, ARealModelKnowsWhatIsAlike) {
  const char* const real = std::getenv("KRAIT_SENTENCE_ENCODER");
  if (real == nullptr) GTEST_SKIP() << "KRAIT_SENTENCE_ENCODER is not set";
  for (const auto& [precision, error] :
       {std::pair(BertPrecision::kAsStored, 2e-4),
        std::pair(BertPrecision::kInt8, 1e-2)}) {
    const auto encoder = LoadBert(real, precision);
    ASSERT_TRUE(encoder) << encoder.error().message;
    const std::vector<float> person =
        Encode(**encoder, "That is a happy person");
    const auto like = [&](std::string_view text) {
      return Dot(person, Encode(**encoder, text));
    };
    // As the model's card has it for all-MiniLM-L6-v2.
    EXPECT_NEAR(like("That is a happy dog"), 0.6946, error);
    EXPECT_NEAR(like("That is a very happy person"), 0.9429, error);
    EXPECT_NEAR(like("Today is a sunny day"), 0.2569, error);
  }
}

}  // namespace
}  // namespace krait::engine
