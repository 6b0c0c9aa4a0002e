// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_DAEMON_COMPLETION_SYNTAX_TESTING_H_
#define KRAIT_TESTS_DAEMON_COMPLETION_SYNTAX_TESTING_H_

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "daemon/completion/completion_service.h"
#include "daemon/completion/shown/syntax.h"
#include "grammars/language.h"

namespace krait::completion {

// Whether this build knows any grammar.
inline bool HasGrammars() {
  const auto syntax =
      ParseForRequest(grammars::LanguageOfPath("a.py"), "x = 1\n", 0);
  return CursorSyntax::Of(syntax, "", "x").has_value();
}

// A request at the "¦" in `marked`, which is the text of `path`.
inline CompletionRequest RequestAt(std::string_view path,
                                   std::string_view marked) {
  constexpr std::string_view kMark = "\xC2\xA6";
  const size_t ofs = marked.find(kMark);
  EXPECT_NE(ofs, std::string_view::npos) << marked;
  CompletionRequest request{
      .path = std::string(path),
      .before = std::string(marked.substr(0, ofs)),
      .after = std::string(marked.substr(ofs + kMark.size()))};
  request.syntax = ParseForRequest(grammars::LanguageOfPath(path),
                                   request.before + request.after, ofs);
  return request;
}

}  // namespace krait::completion

#endif  // KRAIT_TESTS_DAEMON_COMPLETION_SYNTAX_TESTING_H_
