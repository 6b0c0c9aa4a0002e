// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_LANGUAGE_H_
#define KRAIT_GRAMMARS_LANGUAGE_H_

#include <span>
#include <string_view>

namespace krait::grammars {

// A programming language as krait knows it.
struct Language {
  std::string_view name;          // krait's own: "python", "cpp", "shell"
  std::string_view lsp_id;        // LSP's languageId
  std::string_view line_comment;  // "#", "//"; empty: none
  std::span<const std::string_view> extensions;  // without the dot
};

// Returns all languages, sorted by name.
std::span<const Language> Languages();

// Return the language, or null. Extensions are matched without regard to case;
// LSP ids include the common variants ("typescriptreact", "bash").
const Language* LanguageOfPath(std::string_view path);
// By its name or else by how it begins: `#!/bin/sh`, `#!/usr/bin/env python3`.
// A header that ends in ".h" is C++ if it has what C does not.
const Language* LanguageOfFile(std::string_view path, std::string_view text);
const Language* LanguageOfLspId(std::string_view lsp_id);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_LANGUAGE_H_
