// SPDX-License-Identifier: Apache-2.0
// tekken.json lists tokens as base64 in the order in which they were learned.
// There are no merges: two neighbours merge if their bytes together are a
// token, the one learned first before others. The special tokens come before
// all others in the ids; old files leave out their names.
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/byte_level_tokenizer.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/tokenizer_json.h"

namespace krait::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr size_t kMaxTokenBytes = 1024;
constexpr uint64_t kMaxSpecialTokens = 65536;

constexpr std::array<std::string_view, 20> kDefaultSpecialNames = {
    "<unk>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    "[TOOL_CALLS]",
    "[IMG]",
    "<pad>",
    "[IMG_BREAK]",
    "[IMG_END]",
    "[PREFIX]",
    "[MIDDLE]",
    "[SUFFIX]",
    "[SYSTEM_PROMPT]",
    "[/SYSTEM_PROMPT]",
    "[TOOL_CONTENT]"};

std::optional<unsigned> Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  unsigned bits = 0;
  int num_bits = 0;
  for (const char c : text) {
    const auto digit = Base64Digit(c);
    if (!digit) return std::nullopt;
    bits = (bits << 6 | *digit) & 0xFFFF;
    num_bits += 6;
    if (num_bits < 8) continue;
    num_bits -= 8;
    bytes.push_back(static_cast<char>(bits >> num_bits & 0xFF));
  }
  return bytes;
}

class TekkenParser {
 public:
  TekkenParser(const JsonFields& root, const FimChoice& fim)
      : root_(root), fim_(fim) {}

  Result<std::unique_ptr<Tokenizer>> Parse() {
    if (auto status = ReadConfig(); !status) return status.error();
    if (auto status = AddSpecialTokens(); !status) return status.error();
    if (auto status = AddTokens(); !status) return status.error();
    FindMerges();
    auto resolved = ResolveSpecialTokens(fim_, root_.file(), &spec_.vocabulary,
                                         &spec_.special);
    if (!resolved) return resolved.error();
    spec_.special.add_bos = spec_.special.bos.has_value();
    spec_.source = root_.file();
    spec_.gpt2_alphabet = false;
    spec_.whole_words_first = true;
    return ByteLevelTokenizer::Create(std::move(spec_));
  }

 private:
  Status ReadConfig() {
    const auto config = root_.RequireObject("config");
    if (!config) return config.error();
    const auto pattern = config->FindString("pattern");
    if (!pattern) return pattern.error();
    const auto rule = PreTokenizer::RuleOfPattern(pattern->value_or(""));
    if (!rule) {
      return root_.NotYet(fmt::format("config.pattern {}",
                                      pattern->value_or("").substr(0, 300)));
    }
    spec_.pre_tokenizer = PreTokenizer({*rule});
    const auto size = config->RequireUint("default_vocab_size");
    if (!size) return size.error();
    const auto special = config->RequireUint("default_num_special_tokens");
    if (!special) return special.error();
    if (*special > kMaxSpecialTokens || *size <= *special) {
      return config->Wrong("default_num_special_tokens",
                           fmt::format("{} of {} tokens", *special, *size));
    }
    num_special_ = static_cast<size_t>(*special);
    num_ordinary_ = *size - *special;
    return {};
  }

  Status AddSpecialTokens() {
    std::vector<std::string> names(num_special_);
    if (auto status = NameSpecialTokens(&names); !status) return status;
    for (size_t i = 0; i < num_special_; ++i) {
      if (names[i].empty()) names[i] = fmt::format("<SPECIAL_{}>", i);
      if (!spec_.vocabulary.Add(names[i], TokenType::kControl)) {
        return root_.Wrong("special_tokens",
                           fmt::format("'{}' is given twice", names[i]));
      }
    }
    return {};
  }

  Status NameSpecialTokens(std::vector<std::string>* names) {
    const auto found = root_.Find("special_tokens");
    if (!found) {
      for (size_t i = 0;
           i < std::min(names->size(), kDefaultSpecialNames.size()); ++i) {
        (*names)[i] = kDefaultSpecialNames[i];
      }
      return {};
    }
    array tokens;
    if (found->get(tokens) != simdjson::SUCCESS) {
      return root_.Mismatch("special_tokens", "an array");
    }
    for (const element token : tokens) {
      uint64_t rank = 0;
      std::string_view name;
      if (token["rank"].get(rank) != simdjson::SUCCESS ||
          token["token_str"].get(name) != simdjson::SUCCESS ||
          rank >= names->size()) {
        return root_.Wrong("special_tokens",
                           fmt::format("expected objects with 'token_str' and "
                                       "a 'rank' below {}",
                                       names->size()));
      }
      (*names)[static_cast<size_t>(rank)] = name;
    }
    return {};
  }

  Status AddTokens() {
    const auto found = root_.Find("vocab");
    array tokens;
    if (!found || found->get(tokens) != simdjson::SUCCESS) {
      return root_.Wrong("vocab", "expected an array");
    }
    size_t index = 0;
    for (const element token : tokens) {
      if (index >= num_ordinary_) break;  // files list more than are used
      if (auto status = AddToken(token, index++); !status) return status;
    }
    if (index < num_ordinary_) {
      return root_.Wrong("vocab", fmt::format("expected {} tokens, found {}",
                                              num_ordinary_, index));
    }
    return {};
  }

  Status AddToken(element token, size_t index) {
    const auto wrong = [&](std::string_view what) {
      return root_.Wrong(fmt::format("vocab[{}]", index), what);
    };
    uint64_t rank = 0;
    std::string_view base64;
    if (token["rank"].get(rank) != simdjson::SUCCESS || rank != index) {
      return wrong(fmt::format("expected 'rank' {}", index));
    }
    if (token["token_bytes"].get(base64) != simdjson::SUCCESS) {
      return wrong("expected 'token_bytes' in base64");
    }
    const auto bytes = DecodeBase64(base64);
    if (!bytes || bytes->empty() || bytes->size() > kMaxTokenBytes) {
      return wrong(fmt::format(
          "expected 'token_bytes', 1 to {} bytes in base64", kMaxTokenBytes));
    }
    if (!spec_.vocabulary.Add(*bytes, TokenType::kNormal)) {
      return wrong("the same bytes as an earlier token");
    }
    return {};
  }

  // Every way to cut a token into two tokens is a merge of the token's rank.
  void FindMerges() {
    const Vocabulary& vocabulary = spec_.vocabulary;
    const auto find = [&](std::string_view bytes) -> std::optional<TokenId> {
      const auto id = vocabulary.Find(bytes);
      return id && *id >= num_special_ ? id : std::nullopt;
    };
    for (auto id = static_cast<TokenId>(num_special_); id < vocabulary.size();
         ++id) {
      const std::string_view bytes = vocabulary.Name(id);
      for (size_t cut = 1; cut < bytes.size(); ++cut) {
        const auto left = find(bytes.substr(0, cut));
        if (!left) continue;
        const auto right = find(bytes.substr(cut));
        if (right) spec_.merges.push_back({*left, *right, id, id});
      }
    }
  }

  const JsonFields& root_;
  const FimChoice& fim_;
  ByteLevelSpec spec_;
  size_t num_special_ = 0;
  uint64_t num_ordinary_ = 0;
};

}  // namespace

Result<std::unique_ptr<Tokenizer>> ParseTekkenJson(const JsonFields& root,
                                                   const FimChoice& fim) {
  return TekkenParser(root, fim).Parse();
}

}  // namespace krait::engine
