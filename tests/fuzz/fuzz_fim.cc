// SPDX-License-Identifier: Apache-2.0
// Any text before and behind a cursor, any path and any anchor, in each layout
// of each kind of family: of it comes the layout's own control tokens, each
// once, and no other. And any names in place of a family's tokens.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/prompt/fim.h"

namespace {

using krait::engine::FimChoice;
using krait::engine::FimLayout;
using krait::engine::FimPrompt;
using krait::engine::TokenId;
using krait::engine::Tokenizer;

constexpr std::array kFiles = {"families/granite4/tokenizer.json",
                               "families/deepseek-coder/tokenizer.json",
                               "families/mellum/tokenizer.json",
                               "sp512/tokenizer.model"};

std::unique_ptr<Tokenizer> Load(const std::string& file,
                                const FimChoice& fim = {}) {
  auto tokenizer =
      Tokenizer::FromFile(KRAIT_TEST_DATA "/tokenizers/" + file, fim);
  return tokenizer ? std::move(*tokenizer) : nullptr;
}

const Tokenizer& Family(size_t i) {
  static const auto* const tokenizers = [] {
    auto* all = new std::vector<std::unique_ptr<Tokenizer>>;
    for (const char* file : kFiles) {
      all->push_back(Load(file));
      if (all->back() == nullptr) std::abort();
    }
    return all;
  }();
  return *(*tokenizers)[i];
}

size_t CountControls(const Tokenizer& tokenizer,
                     const std::vector<TokenId>& ids) {
  return static_cast<size_t>(std::ranges::count_if(
      ids, [&](TokenId id) { return tokenizer.IsControl(id); }));
}

void CheckLayout(const Tokenizer& tokenizer, FimLayout layout,
                 const FimPrompt& prompt) {
  const auto empty = BuildFimPrompt(tokenizer, layout, {}, {});
  const auto ids = BuildFimPrompt(tokenizer, layout, prompt, {});
  if (empty.has_value() != ids.has_value()) std::abort();
  if (!ids) return;
  if (CountControls(tokenizer, *ids) != CountControls(tokenizer, *empty)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 3),
                              size - 3);
  const size_t cursor = data[1] % (text.size() + 1);
  const FimPrompt prompt{.path = text.substr(0, data[2] % (text.size() + 1)),
                         .prefix = text.substr(0, cursor),
                         .suffix = text.substr(cursor),
                         .anchor = data[2]};
  const Tokenizer& tokenizer = Family(data[0] % kFiles.size());
  for (const FimLayout layout :
       {FimLayout::kSpm, FimLayout::kPsm, FimLayout::kAnchoredPsm,
        FimLayout::kEmulated, FimLayout::kPrefix}) {
    CheckLayout(tokenizer, layout, prompt);
  }
  if (data[0] < 0xF0) return 0;  // loading takes longer
  const std::string name(text.substr(0, 40));
  const auto named = Load("families/mellum/tokenizer.json",
                          {.prefix_token = name,
                           .repository_separator_token = name,
                           .stop_tokens = {"def", name}});
  if (named != nullptr && !name.empty() && !named->FindToken(name)) {
    std::abort();
  }
  return 0;
}
