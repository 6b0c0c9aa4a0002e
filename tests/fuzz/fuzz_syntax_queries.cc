// SPDX-License-Identifier: Apache-2.0
// Asks a tree of a text that one piece makes up many times over: brackets that
// are nested or lie side by side in an error, which queries could take a time
// for that grows with the square of their number. The first byte chooses the
// language, the second how often the piece stands there.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "grammars/language.h"
#include "grammars/parser.h"
#include "tests/cpu_clock.h"

namespace krait::grammars {
namespace {

constexpr size_t kMostBytes = size_t{256} << 10;

// Far more than a linear answer takes, with sanitizers, too.
constexpr std::chrono::seconds kMostTime{10};

void Require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void AskAt(const SyntaxTree& tree, size_t ofs) {
  const SyntaxContext context = tree.ContextAt(ofs);
  Require(context.block_begin_ofs <= ofs && ofs <= context.block_end_ofs,
          "the block does not hold the place");
  Require(tree.Anchors(ofs, 8).size() <= 8, "too many anchors");
  CheckBudget budget;
  (void)tree.CheckInsertion(ofs, "x", &budget);
}

void FuzzOne(const uint8_t* data, size_t size) {
  if (size < 3) return;
  const Language& language = Languages()[data[0] % Languages().size()];
  const std::string piece(reinterpret_cast<const char*>(data) + 2, size - 2);
  const size_t times = (size_t{1} << (data[1] % 18)) + data[1];
  std::string text;
  for (size_t i = 0; i < times && text.size() < kMostBytes; ++i) text += piece;

  Parser parser(&language, {.timeout = std::chrono::milliseconds(500)});
  const auto shared = std::make_shared<const std::string>(text);
  const auto first = parser.ParseNear(shared, text.size());
  const auto near = parser.ParseNear(shared, text.size() / 2);
  const auto begin = CpuClock::now();
  for (const auto& tree : {first, near}) {
    AskAt(*tree, 0);
    AskAt(*tree, text.size() / 2);
    AskAt(*tree, text.size());
    tree->CountErrors();
    tree->Symbols();
    tree->Imports();
  }
  Require(CpuClock::now() - begin < kMostTime, "the answers took too long");
}

}  // namespace
}  // namespace krait::grammars

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  krait::grammars::FuzzOne(data, size);
  return 0;
}
