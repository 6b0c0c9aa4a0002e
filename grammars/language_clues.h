// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_LANGUAGE_CLUES_H_
#define KRAIT_GRAMMARS_LANGUAGE_CLUES_H_

#include <string_view>

// What a text says of its language where the file's name does not.
namespace krait::grammars {

// The name of the language whose interpreter a first line `#!/bin/sh` or
// `#!/usr/bin/env python3` names; empty if it is none that krait knows.
std::string_view LanguageOfInterpreter(std::string_view text);

// Whether a line of a header's first 256 KiB is one that C does not have: a
// class, a namespace, a template, `public:`, `using`, `#include <vector>`.
bool HasCppLine(std::string_view text);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_LANGUAGE_CLUES_H_
