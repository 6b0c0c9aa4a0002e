// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_TOKENIZER_GOLDEN_CASES_H_
#define KRAIT_TESTS_ENGINE_TOKENIZER_GOLDEN_CASES_H_

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/file/token.h"

namespace krait::engine {

inline std::string DecodeBase64ForTest(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  size_t bits = 0;
  int num_bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6 | kDigits.find(c)) & 0xFFFF;
    num_bits += 6;
    if (num_bits < 8) continue;
    num_bits -= 8;
    bytes.push_back(static_cast<char>(bits >> num_bits & 0xFF));
  }
  return bytes;
}

inline std::vector<TokenId> IdsOf(simdjson::dom::element array) {
  std::vector<TokenId> ids;
  for (const auto id : simdjson::dom::array(array)) {
    ids.push_back(static_cast<TokenId>(uint64_t(id)));
  }
  return ids;
}

struct GoldenCase {
  size_t number = 0;
  std::string category;
  std::string text;
  bool valid_utf8 = true;
  std::vector<TokenId> ids;
  std::string decoded;
};

// Reads tests/data/tokenizers/NAME/expected.json with the strings.json that is
// beside that folder.
inline std::vector<GoldenCase> LoadGoldenCases(const std::string& name) {
  const std::string folder = std::string(KRAIT_TEST_DATA) + "/tokenizers/";
  simdjson::dom::parser strings_parser;
  simdjson::dom::parser expected_parser;
  const simdjson::dom::element strings =
      strings_parser.load(folder + name + "/../strings.json");
  const simdjson::dom::element expected =
      expected_parser.load(folder + name + "/expected.json");
  std::vector<GoldenCase> cases;
  for (const auto each : simdjson::dom::array(strings["cases"])) {
    GoldenCase& c = cases.emplace_back();
    c.number = uint64_t(each["i"]);
    c.category = std::string_view(each["cat"]);
    c.text = DecodeBase64ForTest(std::string_view(each["text_b64"]));
    c.valid_utf8 = bool(each["valid_utf8"]);
  }
  for (const auto each : simdjson::dom::array(expected["cases"])) {
    GoldenCase& c = cases.at(uint64_t(each["i"]));
    c.ids = IdsOf(each["ids"]);
    c.decoded = DecodeBase64ForTest(std::string_view(each["decoded_b64"]));
  }
  return cases;
}

}  // namespace krait::engine

#endif  // KRAIT_TESTS_ENGINE_TOKENIZER_GOLDEN_CASES_H_
