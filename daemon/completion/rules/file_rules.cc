// SPDX-License-Identifier: Apache-2.0
#include "daemon/completion/rules/file_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "daemon/completion/rules/glob.h"

namespace krait::completion {
namespace {

constexpr size_t kMostForms = 64;  // of one glob with braces

// Files that are nothing but secrets, and folders of such files. Not what only
// may have some in it, such as program code.
constexpr auto kOwnGlobs = std::to_array<std::string_view>({
    // Variables of the environment.
    ".env*",
    "*.env",
    ".dev.vars",
    // Keys and certificates.
    "*.pem",
    "*.key",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.ppk",
    "*.jks",
    "*.keystore",
    "*.gpg",
    "*.ovpn",
    "id_*",
    "!id_*.*",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    ".ssh/**",
    ".gnupg/**",
    // Stores of passwords.
    "*.kdb",
    "*.kdbx",
    ".password-store/**",
    ".vault-token",
    ".htpasswd",
    // Programs' logins.
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    "pgpass.conf",
    ".my.cnf",
    ".mylogin.cnf",
    ".git-credentials",
    ".aws/{credentials,config}*",
    ".azure/**",
    ".config/gcloud/**",
    ".config/gh/hosts.yml",
    ".cargo/credentials*",
    ".gem/credentials",
    ".docker/config.json",
    ".kube/config",
    "client_secret*.json",
    "*.tfstate",
    // What was typed, and what the shell was told.
    ".*_history",
});

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

// Puts a "?" for each "[...]", which may then match more.
std::string WithoutClasses(std::string_view glob) {
  std::string plain;
  while (!glob.empty()) {
    const size_t open = glob.find('[');
    // "[]a]": the first bracket inside is one of the characters.
    const size_t close =
        open == std::string_view::npos ? open : glob.find(']', open + 2);
    plain += glob.substr(0, close == std::string_view::npos ? close : open);
    if (close == std::string_view::npos) break;
    plain += '?';
    glob.remove_prefix(close + 1);
  }
  return plain;
}

// Returns the glob as it matches the end of a path.
std::string Normal(std::string_view glob) {
  for (;;) {
    if (glob.starts_with("./") || glob.starts_with("~/")) {
      glob.remove_prefix(2);
    } else if (glob.starts_with('/')) {
      glob.remove_prefix(1);
    } else {
      break;
    }
  }
  std::string normal(glob);
  if (normal.ends_with('/')) normal += "**";
  return normal;
}

}  // namespace

struct FileRules::Name {
  std::string_view text;
  std::string lower;
};

std::span<const std::string_view> FileRules::OwnGlobs() {
  return kOwnGlobs;
}

bool FileRules::Read(const std::string& text, Glob* glob) {
  glob->text = text;
  std::string_view rest = text;
  glob->allows = rest.starts_with('!');
  if (glob->allows) rest.remove_prefix(1);
  const auto forms = ExpandBraces(rest, kMostForms);
  if (!forms) return false;
  for (const std::string& form : *forms) {
    // What allows must not allow more than was meant.
    std::string normal =
        Normal(glob->allows ? form : LowerCase(WithoutClasses(form)));
    if (normal.empty()) return false;
    glob->forms.push_back(std::move(normal));
  }
  return true;
}

const FileRules::List& FileRules::OwnList() {
  static const auto* const list = [] {
    auto* own = new List();
    for (const std::string_view glob : kOwnGlobs) {
      (void)Read(std::string(glob), &own->emplace_back());
    }
    return own;
  }();
  return *list;
}

bool FileRules::Join(std::vector<std::string> globs) {
  List list;
  for (const std::string& text : globs) {
    if (!Read(text, &list.emplace_back())) return false;
  }
  const bool known =
      std::find(lists_.begin(), lists_.end(), list) != lists_.end();
  if (!list.empty() && !known) lists_.push_back(std::move(list));
  return true;
}

void FileRules::Distrust(std::string why) {
  distrusted_because_ = std::move(why);
}

const FileRules::Glob* FileRules::LastMatch(const List& list,
                                            const Name& name) {
  const auto matches = [&name](const Glob& glob) {
    const std::string_view path =
        glob.allows ? name.text : std::string_view(name.lower);
    return std::any_of(
        glob.forms.begin(), glob.forms.end(),
        [path](const std::string& form) { return MatchesGlob(form, path); });
  };
  const auto found = std::find_if(list.rbegin(), list.rend(), matches);
  return found == list.rend() ? nullptr : &*found;
}

std::string FileRules::WhyUnread(const Name& name) const {
  bool allowed = false;
  for (const List& list : lists_) {
    const Glob* last = LastMatch(list, name);
    if (last == nullptr) continue;
    if (!last->allows) {
      return fmt::format("the file matches \"{}\" in completion.disabled_files",
                         last->text);
    }
    allowed = true;
  }
  const Glob* own = allowed ? nullptr : LastMatch(OwnList(), name);
  if (own == nullptr || own->allows) return {};
  return fmt::format(
      "the file matches \"{}\", which is not read unless "
      "completion.disabled_files allows it by a name behind \"!\"",
      own->text);
}

std::string FileRules::WhyUnread(std::span<const std::string> names) const {
  if (!trusted()) {
    return fmt::format(
        "no file is read until completion.disabled_files is "
        "right again: {}",
        distrusted_because_);
  }
  if (names.empty()) return "the file has no name that can be read";
  for (const std::string& name : names) {
    std::string why = WhyUnread(Name{.text = name, .lower = LowerCase(name)});
    if (!why.empty()) return why;
  }
  return {};
}

std::vector<std::string> FileRules::globs() const {
  std::vector<std::string> all;
  for (const List& list : lists_) {
    for (const Glob& glob : list) all.push_back(glob.text);
  }
  return all;
}

}  // namespace krait::completion
