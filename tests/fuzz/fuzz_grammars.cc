// SPDX-License-Identifier: Apache-2.0
// Parses any bytes in any language, edits them and asks everything at any
// offset. The first three bytes choose the language, the place and the edit.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "grammars/language.h"
#include "grammars/parser.h"

namespace krait::grammars {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void Ask(const SyntaxTree& tree, size_t ofs) {
  const SyntaxContext context = tree.ContextAt(ofs);
  Require(context.block_begin_ofs <= ofs && ofs <= context.block_end_ofs);
  Require(context.block_end_ofs <= tree.text().size());
  for (const size_t anchor : tree.Anchors(ofs, 8)) Require(anchor <= ofs);
  for (const Symbol& symbol : tree.Symbols()) {
    Require(symbol.begin_ofs <= symbol.end_ofs);
    Require(symbol.end_ofs <= tree.text().size());
  }
  tree.Imports();
  tree.CountErrors();
}

// Asks the same of what is parsed near a place, in a text that is so long that
// something is left out.
void AskNear(const Language& language, const std::string& text, size_t ofs,
             const std::string& inserted) {
  constexpr size_t kLong = size_t{20} << 10;
  std::string repeated;
  while (repeated.size() < kLong) repeated.append(text).append("\n");
  ofs += repeated.size() / 2 / (text.size() + 1) * (text.size() + 1);
  Parser parser(&language, {.timeout = std::chrono::milliseconds(100)});
  parser.ParseNear(std::make_shared<const std::string>(repeated), 0);
  for (int i = 0; i < 3; ++i) {
    repeated.insert(ofs, inserted);
    const auto tree =
        parser.ParseNear(std::make_shared<const std::string>(repeated), ofs);
    Ask(*tree, ofs);
    CheckBudget budget;
    tree->CheckInsertion(ofs, inserted, &budget);
  }
}

void FuzzOne(const uint8_t* data, size_t size) {
  if (size < 3) return;
  const Language& language = Languages()[data[0] % Languages().size()];
  std::string text(reinterpret_cast<const char*>(data) + 3, size - 3);
  const size_t ofs = data[1] * text.size() / 255;

  Parser parser(&language);
  const auto first = parser.Parse(std::make_shared<const std::string>(text));
  Ask(*first, ofs);
  const std::string inserted(1, static_cast<char>(data[2]));
  CheckBudget budget;
  first->CheckInsertion(ofs, inserted, &budget);
  AskNear(language, text, ofs, inserted);
  text.insert(ofs, inserted);
  Ask(*parser.Parse(std::make_shared<const std::string>(text)), ofs);
}

}  // namespace
}  // namespace krait::grammars

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  krait::grammars::FuzzOne(data, size);
  return 0;
}
