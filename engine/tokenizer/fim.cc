// SPDX-License-Identifier: Apache-2.0
// Every layout but kPsm ends with the prefix (and at most a token behind it),
// so that typing at the cursor only appends to the prompt. Parts are encoded
// one by one, so each part's ids do not depend on the others, and can be found
// again when only one has changed.
#include "engine/tokenizer/fim.h"

#include <fmt/format.h>

#include <string>
#include <utility>

namespace krait::engine {
namespace {

using Ids = std::vector<TokenId>;

class PromptBuilder {
 public:
  PromptBuilder(LineTokenizer& tokenizer, const FimPrompt& prompt,
                std::optional<TokenId> file_token)
      : tokenizer_(tokenizer), prompt_(prompt), file_token_(file_token) {
    if (special().add_bos && special().bos) ids_.push_back(*special().bos);
  }

  Ids Spm() {
    AddFile();
    AddToken(special().fim_suffix);
    AddText(prompt_.suffix, DummyPrefix::kNone);
    AddToken(special().fim_prefix);
    AddText(prompt_.prefix, DummyPrefix::kAsTrained);
    // Mistral's order, which krait's own model follows, ends with the prefix.
    if (special().fim_order == FimOrder::kSpm) AddToken(special().fim_middle);
    return std::move(ids_);
  }

  Ids Psm() {
    AddFile();
    AddToken(special().fim_prefix);
    AddText(prompt_.prefix, DummyPrefix::kAsTrained);
    AddToken(special().fim_suffix);
    AddText(prompt_.suffix, DummyPrefix::kNone);
    AddToken(special().fim_middle);
    return std::move(ids_);
  }

  // Models with file headers were trained on [FILE]path[PREFIX]text.
  Ids Prefix() {
    if (AddFile()) AddToken(special().fim_prefix);
    AddText(prompt_.prefix, DummyPrefix::kAsTrained);
    return std::move(ids_);
  }

  // A model that knows no fill-in-the-middle sees the suffix as an earlier part
  // of the text: the suffix, two blank lines, then the file's path on a line of
  // its own, which sets the prefix apart as the beginning of a file. Comment
  // marks are avoided: they would have to fit the language, and invite more
  // comments.
  Ids Emulated() {
    const bool has_file = AddFile();
    std::string context;
    if (!IsBlank(prompt_.suffix)) {
      context = prompt_.suffix;
      if (context.back() != '\n') context.push_back('\n');
      context.append("\n\n");
    }
    if (!has_file && !prompt_.path.empty()) {
      context.append(prompt_.path).push_back('\n');
    }
    AddText(context, DummyPrefix::kAsTrained);
    AddText(prompt_.prefix,
            context.empty() ? DummyPrefix::kAsTrained : DummyPrefix::kNone);
    return std::move(ids_);
  }

 private:
  const SpecialTokens& special() const {
    return tokenizer_.tokenizer().special();
  }

  static bool IsBlank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == text.npos;
  }

  void AddToken(std::optional<TokenId> id) {
    if (id) ids_.push_back(*id);
  }
  void AddText(std::string_view text, DummyPrefix dummy) {
    tokenizer_.Encode(text, dummy, &ids_);
  }
  bool AddFile() {
    if (!file_token_ || prompt_.path.empty()) return false;
    ids_.push_back(*file_token_);
    AddText(prompt_.path, DummyPrefix::kNone);
    return true;
  }

  LineTokenizer& tokenizer_;
  const FimPrompt& prompt_;
  const std::optional<TokenId> file_token_;
  Ids ids_;
};

Status RequireTokens(const SpecialTokens& special, FimLayout layout) {
  const auto missing = [layout](std::string_view name) {
    return MakeError(
        ErrorCode::kUnsupported,
        fmt::format("the vocabulary has no {} token, which the layout {} needs",
                    name, FimLayoutName(layout)));
  };
  if (!special.fim_prefix) return missing("FIM prefix");
  if (!special.fim_suffix) return missing("FIM suffix");
  if (layout == FimLayout::kPsm && !special.fim_middle) {
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
  const Tokenizer& tokenizer = lines.tokenizer();
  if (layout == FimLayout::kSpm || layout == FimLayout::kPsm) {
    if (auto status = RequireTokens(tokenizer.special(), layout); !status) {
      return status.error();
    }
  }
  if (file_token && *file_token >= tokenizer.vocab_size()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("file token {} is not in the vocabulary of {}",
                                 *file_token, tokenizer.vocab_size()));
  }
  PromptBuilder builder(lines, prompt, file_token);
  switch (layout) {
    case FimLayout::kSpm:
      return builder.Spm();
    case FimLayout::kPsm:
      return builder.Psm();
    case FimLayout::kEmulated:
      return builder.Emulated();
    case FimLayout::kPrefix:
      break;
  }
  return builder.Prefix();
}

}  // namespace krait::engine
