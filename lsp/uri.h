// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_URI_H_
#define KRAIT_LSP_URI_H_

#include <optional>
#include <string>
#include <string_view>

namespace krait::lsp {

// Returns the path of a `file:` URI on this machine with its percent codes
// decoded, or nullopt for any other: another scheme (untitled:, vscode-...), a
// foreign host, a broken percent code, a NUL in the path. The path is absolute
// but as the client sent it: it may contain ".." and may not exist.
std::optional<std::string> UriToPath(std::string_view uri);

// Returns the `file:` URI of an absolute path.
std::string PathToUri(std::string_view path);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_URI_H_
