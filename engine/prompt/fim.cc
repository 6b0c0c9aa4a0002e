// SPDX-License-Identifier: Apache-2.0
// Every layout but kPsm ends with the prefix (and at most a token behind it),
// so that typing at the cursor only appends to the prompt. What is shown of
// other files comes first in all of them, as it changes least.
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
    AddContext(file_token);
    if (!file_token_) return;
    pieces().AddControl(file_token_);
    pieces().AddText(prompt_.path);
  }

  FimPieces Spm() {
    AddComments();
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
    AddComments();
    AddPrefix(prompt_.prefix.substr(0, anchor), PrefixDummy());
    pieces().AddControl(special_.fim_suffix);
    pieces().AddText(prompt_.suffix);
    pieces().AddControl(special_.fim_middle);
    pieces().AddText(prompt_.prefix.substr(anchor));
    return std::move(laid_out_);
  }

  // Models with file headers were trained on [FILE]path[PREFIX]text.
  FimPieces Prefix() {
    if (file_token_) pieces().AddControl(special_.fim_prefix);
    AddComments();
    AddPrefix(prompt_.prefix, PrefixDummy());
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
    // Not once more, where it stands behind a separator.
    if (!file_token_ && laid_out_.context == 0 && !prompt_.path.empty()) {
      context.append(prompt_.path).push_back('\n');
    }
    AddComments();
    const bool first = context.empty();
    pieces().AddOwnText(std::move(context), PrefixDummy());
    AddPrefix(prompt_.prefix, first ? PrefixDummy() : DummyPrefix::kNone);
    return std::move(laid_out_);
  }

 private:
  static bool IsBlank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == text.npos;
  }

  // As models with file headers were trained: [FILE]path[PREFIX]text for each
  // file before; as others are with separators: [SEPARATOR]path, newline, text,
  // the file that is completed among them.
  void AddContext(std::optional<TokenId> file_token) {
    if (prompt_.context.empty()) return;
    const auto separator = special_.fim_file_separator;
    if (file_token && special_.fim_prefix) {
      for (const FimContext& piece : prompt_.context) {
        pieces().AddControl(file_token);
        pieces().AddText(piece.path);
        pieces().AddControl(special_.fim_prefix);
        pieces().AddText(piece.text, DummyPrefix::kAsTrained);
      }
    } else if (separator) {
      if (special_.fim_repository_separator && !prompt_.repository.empty()) {
        pieces().AddControl(special_.fim_repository_separator);
        pieces().AddOwnText(std::string(prompt_.repository) + "\n");
      }
      for (const FimContext& piece : prompt_.context) {
        pieces().AddControl(separator);
        pieces().AddOwnText(std::string(piece.path) + "\n");
        pieces().AddText(piece.text);
      }
      pieces().AddControl(separator);
      if (!prompt_.path.empty()) {
        pieces().AddOwnText(std::string(prompt_.path) + "\n");
      }
    } else {
      as_comments_ = !prompt_.line_comment.empty();
      return;
    }
    laid_out_.context = pieces().size();
  }

  // For models without such tokens: a piece as comments, as people quote code.
  void AddComments() {
    if (!as_comments_) return;
    std::string comments;
    const auto add = [&](std::string_view line) {
      comments.append(prompt_.line_comment).append(" ").append(line);
      comments += '\n';
    };
    for (const FimContext& piece : prompt_.context) {
      add(piece.path);
      std::string_view text = piece.text;
      while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        add(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
      }
    }
    pieces().AddOwnText(std::move(comments), DummyPrefix::kAsTrained);
    laid_out_.context = pieces().size();
  }

  // What begins a text has the space before it that the model's texts have.
  DummyPrefix PrefixDummy() const {
    return as_comments_ ? DummyPrefix::kNone : DummyPrefix::kAsTrained;
  }

  PromptPieces& pieces() { return laid_out_.pieces; }
  void AddPrefix(std::string_view text, DummyPrefix dummy) {
    laid_out_.prefix = pieces().size();
    pieces().AddText(text, dummy);
  }

  const SpecialTokens& special_;
  const FimPrompt& prompt_;
  const std::optional<TokenId> file_token_;
  bool as_comments_ = false;  // the context, which is still to come
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
