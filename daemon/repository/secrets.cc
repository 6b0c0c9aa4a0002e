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

constexpr std::array<TokenForm, 13> kForms = {{
    {"AKIA", Alphabet::kUpper, 16, "an access key of AWS"},
    {"ASIA", Alphabet::kUpper, 16, "an access key of AWS"},
    {"AIza", Alphabet::kWord, 35, "an API key of Google"},
    {"ghp_", Alphabet::kWord, 36, "a token of GitHub"},
    {"gho_", Alphabet::kWord, 36, "a token of GitHub"},
    {"ghs_", Alphabet::kWord, 36, "a token of GitHub"},
    {"github_pat_", Alphabet::kWord, 60, "a token of GitHub"},
    {"glpat-", Alphabet::kWord, 20, "a token of GitLab"},
    {"hf_", Alphabet::kWord, 34, "a token of Hugging Face"},
    {"sk_live_", Alphabet::kWord, 24, "a key of Stripe"},
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

bool Holds(std::string_view text, const TokenForm& form) {
  for (size_t at = text.find(form.begin); at != text.npos;
       at = text.find(form.begin, at + 1)) {
    if (at > 0 && IsWord(text[at - 1])) continue;
    size_t end = at + form.begin.size();
    while (end < text.size() && IsOf(form.alphabet, text[end])) ++end;
    const std::string_view token =
        text.substr(at + form.begin.size(), end - at - form.begin.size());
    if (token.size() >= form.least && LooksRandom(token)) return true;
  }
  return false;
}

// "-----BEGIN RSA PRIVATE KEY-----" and lines of base64 behind it.
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
      const char c = text[i];
      if (IsWord(c) || c == '+' || c == '/' || c == '=') {
        ++letters;
      } else if (c != '\n' && c != '\r') {
        break;
      }
    }
    if (letters >= kLeastKey) return true;
  }
  return false;
}

}  // namespace

std::string_view FindSecret(std::string_view text) {
  if (HoldsPrivateKey(text)) return "a private key";
  for (const TokenForm& form : kForms) {
    if (Holds(text, form)) return form.name;
  }
  return {};
}

}  // namespace krait::repository
