// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_LSP_URI_H_
#define KRAIT_LSP_URI_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krait::lsp {

// Returns the path of a `file:` URI on this machine with its percent codes
// decoded, or nullopt for any other: another scheme (untitled:, vscode-...), a
// foreign host, a broken percent code, a NUL in the path. The path is absolute
// but as the client sent it: it may contain ".." and may not exist.
std::optional<std::string> UriToPath(std::string_view uri);

// Longer ones name no file, as no path is so long.
inline constexpr size_t kMaxUriBytes = 4096;

// Returns the path in a URI of any scheme, without query and fragment and with
// its percent codes decoded as far as they can be: "Untitled-1",
// "/w/a.ipynb". Empty if there is none, or if the URI is too long.
std::string PathOfUri(std::string_view uri);

// Returns all that a URI may name as a file, for rules that must not miss one:
// its path, its pieces between the characters that separate (a git: URI has
// the path in its query, too, a zipfile: URI two paths in one), with percent
// codes left alone and decoded, more than once if they were encoded so, with
// slashes for backslashes, and normal ("a/../b" is "b"). Editors' own schemes
// need not be known for that. None if the URI is too long.
std::vector<std::string> PathsInUri(std::string_view uri);

// Returns the `file:` URI of an absolute path.
std::string PathToUri(std::string_view path);

}  // namespace krait::lsp

#endif  // KRAIT_LSP_URI_H_
