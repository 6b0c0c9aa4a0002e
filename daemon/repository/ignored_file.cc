// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/ignored_file.h"

#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "daemon/completion/text/workspace_path.h"
#include "daemon/repository/ignore_rules.h"

namespace krait::repository {
namespace {

namespace fs = std::filesystem;

// Returns what the folder's .gitignore says; nothing: it cannot be told.
std::optional<std::string> GitignoreOf(const fs::path& folder) {
  const fs::path file = folder / ".gitignore";
  std::error_code error;
  const auto status = fs::symlink_status(file, error);
  if (status.type() == fs::file_type::not_found) return std::string();
  // Git reads none through a link, and neither does krait.
  if (fs::is_symlink(status)) return std::string();
  std::ifstream stream(file, std::ios::binary);
  if (error || !fs::is_regular_file(status) || !stream) return std::nullopt;
  std::string text(IgnoreRules::kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  if (stream.bad() || text.size() > IgnoreRules::kMaxFileBytes) {
    return std::nullopt;
  }
  return text;
}

}  // namespace

bool IsIgnored(const fs::path& file) {
  const fs::path path = file.lexically_normal();
  const fs::path root = completion::RepositoryRoot(path);
  if (root.empty()) return false;
  IgnoreRules rules(root);
  fs::path folder = root;
  std::string inside;  // relative to the root
  const fs::path relative = path.lexically_relative(root);
  for (auto part = relative.begin(); part != relative.end(); ++part) {
    const auto text = GitignoreOf(folder);
    if (!text) return true;
    rules.Enter(inside, *text);
    if (!inside.empty()) inside += '/';
    inside += part->string();
    const bool is_folder = std::next(part) != relative.end();
    if (!rules.WhyIgnored(inside, is_folder).empty()) return true;
    folder /= *part;
  }
  return false;
}

}  // namespace krait::repository
