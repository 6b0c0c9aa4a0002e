// SPDX-License-Identifier: Apache-2.0
// Every layout but kPsm ends with the prefix (and at most a token behind it),
// so that typing at the cursor only appends to the prompt.
#include "engine/prompt/fim.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

namespace krait::engine {
namespace {

class Layouter {
 public:
  Layouter(const Tokenizer& tokenizer, const FimPrompt& prompt,
           std::optional<TokenId> file_token)
      : special_(tokenizer.special()),
        prompt_(prompt),
        file_token_(prompt.path.empty() ? std::nullopt : file_token) {
    if (special_.add_bos) pieces().AddControl(special_.bos);
    if (!file_token_) return;
    pieces().AddControl(file_token_);
    pieces().AddText(prompt_.path);
  }

  FimPieces Spm() {
    pieces().AddControl(special_.fim_suffix);
    pieces().AddText(prompt_.suffix);
    pieces().AddControl(special_.fim_prefix);
    AddPrefix(prompt_.prefix, DummyPrefix::kAsTrained);
    // Mistral's order, which krait's own model follows, ends with the prefix.
    // Tokens of no known family are there because somebody named them.
    if (special_.fim_order != FimOrder::kNone || special_.fim_family.empty()) {
      pieces().AddControl(special_.fim_middle);
    }
    return std::move(laid_out_);
  }

  // The anchor is the prefix's end, or before it.
  FimPieces Psm(size_t anchor) {
    pieces().AddControl(special_.fim_prefix);
    AddPrefix(prompt_.prefix.substr(0, anchor), DummyPrefix::kAsTrained);
    pieces().AddControl(special_.fim_suffix);
    pieces().AddText(prompt_.suffix);
    pieces().AddControl(special_.fim_middle);
    pieces().AddText(prompt_.prefix.substr(anchor));
    return std::move(laid_out_);
  }

  // Models with file headers were trained on [FILE]path[PREFIX]text.
  FimPieces Prefix() {
    if (file_token_) pieces().AddControl(special_.fim_prefix);
    AddPrefix(prompt_.prefix, DummyPrefix::kAsTrained);
    return std::move(laid_out_);
  }

  // A model that knows no fill-in-the-middle sees the suffix as an earlier part
  // of the text: the suffix, two blank lines, then the file's path on a line of
  // its own, which sets the prefix apart as the beginning of a file. Comment
  // marks are avoided: they would have to fit the language, and invite more
  // comments.
  FimPieces Emulated() {
    std::string context;
    if (!IsBlank(prompt_.suffix)) {
      context = prompt_.suffix;
      if (context.back() != '\n') context.push_back('\n');
      context.append("\n\n");
    }
    if (!file_token_ && !prompt_.path.empty()) {
      context.append(prompt_.path).push_back('\n');
    }
    const bool first = context.empty();
    pieces().AddOwnText(std::move(context), DummyPrefix::kAsTrained);
    AddPrefix(prompt_.prefix,
              first ? DummyPrefix::kAsTrained : DummyPrefix::kNone);
    return std::move(laid_out_);
  }

 private:
  static bool IsBlank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == text.npos;
  }

  PromptPieces& pieces() { return laid_out_.pieces; }
  void AddPrefix(std::string_view text, DummyPrefix dummy) {
    laid_out_.prefix = pieces().size();
    pieces().AddText(text, dummy);
  }

  const SpecialTokens& special_;
  const FimPrompt& prompt_;
  const std::optional<TokenId> file_token_;
  FimPieces laid_out_;
};

bool IsPsm(FimLayout layout) {
  return layout == FimLayout::kPsm || layout == FimLayout::kAnchoredPsm;
}

Status RequireTokens(const SpecialTokens& special, FimLayout layout) {
  const auto missing = [layout](std::string_view name) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("the vocabulary has no {} token, which the layout {} needs",
                    name, FimLayoutName(layout)));
  };
  if (!special.fim_prefix) return missing("FIM prefix");
  if (!special.fim_suffix) return missing("FIM suffix");
  if (IsPsm(layout) && !special.fim_middle) {
    return missing("FIM middle");
  }
  return {};
}

}  // namespace

std::string_view FimLayoutName(FimLayout layout) {
  switch (layout) {
    case FimLayout::kSpm:
      return "spm";
    case FimLayout::kPsm:
      return "psm";
    case FimLayout::kAnchoredPsm:
      return "anchored-psm";
    case FimLayout::kEmulated:
      return "emulated";
    case FimLayout::kPrefix:
      return "prefix";
  }
  return "unknown";
}

Result<std::vector<TokenId>> BuildFimPrompt(const Tokenizer& tokenizer,
                                            FimLayout layout,
                                            const FimPrompt& prompt,
                                            std::optional<TokenId> file_token) {
  LineTokenizer lines(tokenizer);
  return BuildFimPrompt(lines, layout, prompt, file_token);
}

Result<std::vector<TokenId>> BuildFimPrompt(LineTokenizer& lines,
                                            FimLayout layout,
                                            const FimPrompt& prompt,
                                            std::optional<TokenId> file_token) {
  const auto laid_out =
      LayOutFim(lines.tokenizer(), layout, prompt, file_token);
  if (!laid_out) return laid_out.error();
  return Encode(laid_out->pieces, lines).ids;
}

Result<FimPieces> LayOutFim(const Tokenizer& tokenizer, FimLayout layout,
                            const FimPrompt& prompt,
                            std::optional<TokenId> file_token) {
  if (layout == FimLayout::kSpm || IsPsm(layout)) {
    if (auto status = RequireTokens(tokenizer.special(), layout); !status) {
      return status.error();
    }
  }
  if (file_token && *file_token >= tokenizer.vocab_size()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("file token {} is not in the vocabulary of {}",
                                 *file_token, tokenizer.vocab_size()));
  }
  Layouter layouter(tokenizer, prompt, file_token);
  switch (layout) {
    case FimLayout::kSpm:
      return layouter.Spm();
    case FimLayout::kPsm:
      return layouter.Psm(prompt.prefix.size());
    case FimLayout::kAnchoredPsm:
      return layouter.Psm(std::min(prompt.anchor, prompt.prefix.size()));
    case FimLayout::kEmulated:
      return layouter.Emulated();
    case FimLayout::kPrefix:
      break;
  }
  return layouter.Prefix();
}

}  // namespace krait::engine
