// SPDX-License-Identifier: Apache-2.0
#include "daemon/repository/secrets.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace krait::repository {
namespace {

enum class Alphabet : unsigned char { kUpper, kWord };

// Begins so, with at least so many more of the alphabet behind, and with no
// more of it in front.
struct TokenForm {
  std::string_view begin;
  Alphabet alphabet;
  size_t least;
  std::string_view name;
};

constexpr std::array<TokenForm, 22> kForms = {{
    {"AKIA", Alphabet::kUpper, 16, "an access key of AWS"},
    {"ASIA", Alphabet::kUpper, 16, "an access key of AWS"},
    {"AIza", Alphabet::kWord, 35, "an API key of Google"},
    {"ghp_", Alphabet::kWord, 36, "a token of GitHub"},
    {"gho_", Alphabet::kWord, 36, "a token of GitHub"},
    {"ghr_", Alphabet::kWord, 36, "a token of GitHub"},
    {"ghs_", Alphabet::kWord, 36, "a token of GitHub"},
    {"ghu_", Alphabet::kWord, 36, "a token of GitHub"},
    {"github_pat_", Alphabet::kWord, 60, "a token of GitHub"},
    {"glpat-", Alphabet::kWord, 20, "a token of GitLab"},
    {"hf_", Alphabet::kWord, 34, "a token of Hugging Face"},
    {"pypi-AgE", Alphabet::kWord, 50, "a token of PyPI"},
    {"dop_v1_", Alphabet::kWord, 60, "a token of DigitalOcean"},
    {"shpat_", Alphabet::kWord, 32, "a token of Shopify"},
    {"sk-ant-", Alphabet::kWord, 40, "a key of Anthropic"},
    {"sk-proj-", Alphabet::kWord, 40, "a key of OpenAI"},
    {"sk_live_", Alphabet::kWord, 24, "a key of Stripe"},
    {"AGE-SECRET-KEY-1", Alphabet::kUpper, 50, "a key of age"},
    {"xapp-", Alphabet::kWord, 40, "a token of Slack"},
    {"xoxb-", Alphabet::kWord, 40, "a token of Slack"},
    {"xoxp-", Alphabet::kWord, 40, "a token of Slack"},
    {"npm_", Alphabet::kWord, 36, "a token of npm"},
}};

bool IsWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool IsOf(Alphabet alphabet, char c) {
  if (alphabet == Alphabet::kWord) return IsWord(c);
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

// Examples of documentation repeat a character, or have no digit.
bool LooksRandom(std::string_view token) {
  size_t different = 0;
  std::array<bool, 256> seen{};
  bool digit = false;
  for (const char c : token) {
    bool& known = seen[static_cast<unsigned char>(c)];
    if (!known) ++different;
    known = true;
    digit = digit || (c >= '0' && c <= '9');
  }
  return digit && different >= 10 && token.find("EXAMPLE") == token.npos;
}

// Whether a run of letters that can be a token's is one of that form.
bool IsToken(std::string_view run, const TokenForm& form) {
  if (!run.starts_with(form.begin)) return false;
  run.remove_prefix(form.begin.size());
  const auto end = std::ranges::find_if_not(
      run, [&](char c) { return IsOf(form.alphabet, c); });
  run = run.substr(0, static_cast<size_t>(end - run.begin()));
  return run.size() >= form.least && LooksRandom(run);
}

bool IsBase64(char c) {
  return IsWord(c) || c == '+' || c == '/' || c == '=';
}

// How far the line break at the begin of `text` goes, also one that is written
// as in JSON ("\n"); 0: there is none.
size_t LineBreak(std::string_view text) {
  if (text.starts_with("\r\n") || text.starts_with("\\n")) return 2;
  return text.starts_with('\n') ? 1 : 0;
}

// "-----BEGIN RSA PRIVATE KEY-----" and lines of base64 behind it, as they are
// or in a text of JSON.
bool HoldsPrivateKey(std::string_view text) {
  constexpr std::string_view kMark = "PRIVATE KEY-----";
  constexpr size_t kLeastKey = 64;
  for (size_t at = text.find(kMark); at != text.npos;
       at = text.find(kMark, at + 1)) {
    const size_t line = text.rfind('\n', at) + 1;
    if (text.substr(line, at - line).find("-----BEGIN ") == text.npos) continue;
    size_t letters = 0;
    for (size_t i = at + kMark.size(); i < text.size() && letters < kLeastKey;
         ++i) {
      const size_t line_break = LineBreak(text.substr(i, 2));
      if (line_break == 0 && !IsBase64(text[i])) break;
      if (line_break == 0) ++letters;
      if (line_break == 2) ++i;
    }
    if (letters >= kLeastKey) return true;
  }
  return false;
}

// PuTTY's own format of private keys.
bool HoldsPuttyKey(std::string_view text) {
  return text.starts_with("PuTTY-User-Key-File-") &&
         text.find("\nPrivate-Lines: ") != text.npos;
}

constexpr size_t kLeastWebTokenPart = 16;

// Whether a JSON web token begins at `at` with a part that ends at `header`.
// Header and payload are objects in base64url, which begin so, and the
// signature is not empty.
bool IsWebToken(std::string_view text, size_t at, size_t header) {
  constexpr std::string_view kObject = "eyJ";
  const auto part_end = [&](size_t from) {
    while (from < text.size() && IsWord(text[from])) ++from;
    return from;
  };
  if (!text.substr(at, header - at).starts_with(kObject) ||
      !text.substr(header).starts_with(".eyJ")) {
    return false;
  }
  const size_t payload = part_end(header + 1);
  if (payload >= text.size() || text[payload] != '.') return false;
  const size_t signature = part_end(payload + 1);
  return signature - payload > kLeastWebTokenPart &&
         LooksRandom(text.substr(payload + 1, signature - payload - 1));
}

// What begins where a run of a token's letters does. Code has few that are as
// long, so that this takes a nanosecond or two for a byte.
std::string_view FindToken(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && IsWord(text[end])) ++end;
    const std::string_view run = text.substr(at, end - at);
    if (run.size() >= kLeastWebTokenPart) {
      if (IsWebToken(text, at, end)) return "a JSON web token";
      for (const TokenForm& form : kForms) {
        if (IsToken(run, form)) return form.name;
      }
    }
    at = end + 1;
  }
  return {};
}

// "$6$salt$hash", as of crypt(3) and htpasswd.
bool IsPasswordHash(std::string_view field) {
  constexpr size_t kLeastHash = 20;
  constexpr std::array<std::string_view, 8> kMethods = {
      "$1$", "$5$", "$6$", "$y$", "$gy$", "$7$", "$apr1$", "$2"};
  return std::ranges::any_of(kMethods, [&](std::string_view method) {
    if (!field.starts_with(method)) return false;
    const std::string_view rest = field.substr(method.size());
    return rest.size() >= kLeastHash && std::ranges::all_of(rest, [](char c) {
             return IsBase64(c) || c == '$' || c == '.' || c == ',';
           });
  });
}

// Lines as in /etc/shadow and htpasswd's files: "name:hash", ":" and more.
bool HoldsPasswordHashes(std::string_view text) {
  if (text.find(":$") == text.npos) return false;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t name = line.find(':');
    if (name == 0 || name == line.npos ||
        line.substr(0, name).find_first_of(" \t\"'") != line.npos) {
      continue;
    }
    line.remove_prefix(name + 1);
    if (IsPasswordHash(line.substr(0, line.find(':')))) return true;
  }
  return false;
}

}  // namespace

std::string_view FindSecret(std::string_view text) {
  if (HoldsPrivateKey(text) || HoldsPuttyKey(text)) return "a private key";
  if (HoldsPasswordHashes(text)) return "hashes of passwords";
  return FindToken(text);
}

}  // namespace krait::repository
