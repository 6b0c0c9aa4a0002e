// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/bench/random_vocabulary.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

namespace krait::daemon {
namespace {

// SentencePiece's token types.
constexpr int32_t kNormal = 1;
constexpr int32_t kUnknown = 2;
constexpr int32_t kControl = 3;
constexpr int32_t kByte = 6;

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581

class Vocabulary {
 public:
  explicit Vocabulary(size_t size) : size_(size) {}

  void Add(std::string piece, int32_t type) {
    if (pieces_.size() >= size_ || !seen_.insert(piece).second) return;
    // Merges prefer what comes first.
    scores_.push_back(type == kNormal ? -static_cast<float>(pieces_.size())
                                      : 0.0F);
    types_.push_back(type);
    pieces_.push_back(std::move(piece));
  }
  bool full() const { return pieces_.size() >= size_; }

  void WriteTo(engine::GgufWriter* writer) const {
    writer->AddString("tokenizer.ggml.model", "llama");
    writer->AddString("tokenizer.ggml.pre", "default");
    writer->AddStrings("tokenizer.ggml.tokens", pieces_);
    writer->AddFloats("tokenizer.ggml.scores", scores_);
    writer->AddInts("tokenizer.ggml.token_type", types_);
    writer->AddUint32("tokenizer.ggml.unknown_token_id", 0);
    writer->AddUint32("tokenizer.ggml.bos_token_id", 1);
    writer->AddUint32("tokenizer.ggml.eos_token_id", 2);
    writer->AddUint32("tokenizer.ggml.fim_pre_token_id", 3);
    writer->AddUint32("tokenizer.ggml.fim_mid_token_id", 4);
    writer->AddUint32("tokenizer.ggml.fim_suf_token_id", 5);
    writer->AddBool("tokenizer.ggml.add_bos_token", true);
    writer->AddBool("tokenizer.ggml.add_space_prefix", false);
  }

 private:
  size_t size_;
  std::vector<std::string> pieces_;
  std::vector<float> scores_;
  std::vector<int32_t> types_;
  std::unordered_set<std::string> seen_;
};

void AddControls(const FimNames& fim, Vocabulary* vocabulary) {
  vocabulary->Add("<unk>", kUnknown);
  for (const std::string_view control :
       {std::string_view("<s>"), std::string_view("</s>"), fim.prefix,
        fim.middle, fim.suffix}) {
    vocabulary->Add(std::string(control), kControl);
  }
  for (unsigned byte = 0; byte < 256; ++byte) {
    vocabulary->Add(fmt::format("<0x{:02X}>", byte), kByte);
  }
}

void AddShortPieces(Vocabulary* vocabulary) {
  for (char c = '!'; c <= '~'; ++c) {
    vocabulary->Add(std::string(1, c), kNormal);
  }
  std::string spaces;
  for (int i = 0; i < 16; ++i) vocabulary->Add(spaces += kSpace, kNormal);
  for (char a = 'a'; a <= 'z'; ++a) {
    vocabulary->Add(std::string(kSpace) + a, kNormal);
    for (char b = 'a'; b <= 'z'; ++b) {
      vocabulary->Add(std::string{a, b}, kNormal);
    }
  }
}

}  // namespace

void AddRandomVocabulary(size_t size, const FimNames& fim,
                         engine::GgufWriter* writer) {
  Vocabulary vocabulary(size);
  AddControls(fim, &vocabulary);
  AddShortPieces(&vocabulary);
  // Words that no merge makes: all that matters is their number.
  for (uint32_t i = 0; !vocabulary.full(); ++i) {
    std::string word;
    for (uint32_t rest = i + 26 * 26 * 26; rest > 0; rest /= 26) {
      word += static_cast<char>('A' + rest % 26);
    }
    vocabulary.Add(word, kNormal);
  }
  vocabulary.WriteTo(writer);
}

}  // namespace krait::daemon
