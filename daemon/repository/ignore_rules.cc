// SPDX-License-Identifier: Apache-2.0
//
// A pattern is a list of elements, and a match a walk of a set of places in it
// along the path: no backtracking, so that a hostile pattern costs no more than
// its length times the path's.
#include "daemon/repository/ignore_rules.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "daemon/repository/read_file.h"

namespace krait::repository {
namespace {

// Takes off blanks at the end that no backslash stands before.
std::string_view WithoutBlanks(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
    line.remove_suffix(1);
  }
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) {
    if (line.size() > 1 && line[line.size() - 2] == '\\') break;
    line.remove_suffix(1);
  }
  return line;
}

using Test = int (*)(int);

// [[:alpha:]] and the like.
Test TestNamed(std::string_view name) {
  constexpr std::pair<std::string_view, Test> kTests[] = {
      {"alnum", std::isalnum}, {"alpha", std::isalpha},
      {"blank", std::isblank}, {"cntrl", std::iscntrl},
      {"digit", std::isdigit}, {"graph", std::isgraph},
      {"lower", std::islower}, {"print", std::isprint},
      {"punct", std::ispunct}, {"space", std::isspace},
      {"upper", std::isupper}, {"xdigit", std::isxdigit}};
  for (const auto& [known, test] : kTests) {
    if (known == name) return test;
  }
  return nullptr;
}

std::string_view LastName(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

// Patterns --------------------------------------------------------------------

std::optional<IgnorePattern> IgnorePattern::Parse(std::string_view line) {
  line = WithoutBlanks(line);
  IgnorePattern pattern;
  if (line.empty() || line.front() == '#' || line.size() > kMaxBytes) {
    return std::nullopt;
  }
  if (line.front() == '!') {
    pattern.allows_ = true;
    line.remove_prefix(1);
  }
  pattern.text_ = line;
  if (!line.empty() && line.back() == '/') {
    pattern.folders_only_ = true;
    line.remove_suffix(1);
  }
  pattern.anchored_ = line.find('/') != line.npos;
  if (!line.empty() && line.front() == '/') line.remove_prefix(1);
  if (line.empty()) return std::nullopt;
  pattern.AddElements(line);
  pattern.literal_ = std::ranges::all_of(
      pattern.elements_,
      [](const Element& e) { return e.kind == Kind::kLiteral; });
  return pattern;
}

// Reads the class whose bracket opens at *at; false if it does not close.
bool IgnorePattern::AddClass(std::string_view glob, size_t* at) {
  size_t i = *at + 1;
  const bool negated = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (negated) ++i;
  std::bitset<256> set;
  for (bool first = true; i < glob.size() && (first || glob[i] != ']');
       first = false) {
    if (glob.substr(i).starts_with("[:")) {
      const size_t end = glob.find(":]", i + 2);
      if (end == glob.npos) return false;
      const Test test = TestNamed(glob.substr(i + 2, end - i - 2));
      if (test == nullptr) return false;
      for (int c = 0; c < 128; ++c) {
        if (test(c) != 0) set.set(static_cast<size_t>(c));
      }
      i = end + 2;
      continue;
    }
    if (glob[i] == '\\' && i + 1 < glob.size()) ++i;
    const auto low = static_cast<unsigned char>(glob[i++]);
    unsigned char high = low;
    if (i + 1 < glob.size() && glob[i] == '-' && glob[i + 1] != ']') {
      ++i;
      if (glob[i] == '\\' && i + 1 < glob.size()) ++i;
      high = static_cast<unsigned char>(glob[i++]);
    }
    for (unsigned c = low; c <= high; ++c) set.set(c);
  }
  if (i >= glob.size()) return false;
  if (negated) set.flip();
  set.reset('/');
  elements_.push_back({.kind = Kind::kClass, .set = sets_.size()});
  sets_.push_back(set);
  *at = i;
  return true;
}

void IgnorePattern::AddElements(std::string_view glob) {
  const auto literal = [this](char c) {
    elements_.push_back({.byte = static_cast<unsigned char>(c)});
  };
  for (size_t i = 0; i < glob.size(); ++i) {
    const char c = glob[i];
    const std::string_view rest = glob.substr(i);
    const bool begins_name = i == 0 || glob[i - 1] == '/';
    if (begins_name && rest.starts_with("**/")) {
      elements_.push_back({.kind = Kind::kFolders});
      i += 2;
    } else if (begins_name && rest == "**" && i > 0) {
      elements_.push_back({.kind = Kind::kRest});
      ++i;
    } else if (c == '*') {
      if (elements_.empty() || elements_.back().kind != Kind::kStar) {
        elements_.push_back({.kind = Kind::kStar});
      }
    } else if (c == '?') {
      elements_.push_back({.kind = Kind::kAny});
    } else if (c == '[') {
      if (!AddClass(glob, &i)) literal(c);
    } else if (c == '\\' && i + 1 < glob.size()) {
      literal(glob[++i]);
    } else {
      literal(c);
    }
  }
}

// What may be empty lets through what has come to it.
void IgnorePattern::PassEmpty(std::vector<char>* at) const {
  for (size_t i = 0; i < elements_.size(); ++i) {
    const Kind kind = elements_[i].kind;
    const bool may_be_empty = kind == Kind::kStar || kind == Kind::kFolders;
    if ((*at)[i] != 0 && may_be_empty) (*at)[i + 1] = 1;
  }
}

// Where a byte leads from element i.
void IgnorePattern::Advance(size_t i, unsigned char byte, const Places& from,
                            Places* to) const {
  const Element& element = elements_[i];
  const bool here = from.at[i] != 0;
  switch (element.kind) {
    case Kind::kLiteral:
      if (here && element.byte == byte) to->at[i + 1] = 1;
      break;
    case Kind::kAny:
      if (here && byte != '/') to->at[i + 1] = 1;
      break;
    case Kind::kClass:
      if (here && sets_[element.set].test(byte)) to->at[i + 1] = 1;
      break;
    case Kind::kStar:
      if (here && byte != '/') to->at[i] = 1;
      break;
    case Kind::kFolders:
      if (!here && from.within[i] == 0) break;
      (byte == '/' ? to->at : to->within)[i] = 1;
      break;
    case Kind::kRest:
      if (here) to->at[i + 1] = 1;
      if (here) to->at[i] = 1;
      break;
  }
}

bool IgnorePattern::MatchesGlob(std::string_view path) const {
  const size_t count = elements_.size();
  Places places(count + 1);
  Places next(count + 1);
  places.at[0] = 1;
  PassEmpty(&places.at);
  for (const char c : path) {
    std::ranges::fill(next.at, 0);
    std::ranges::fill(next.within, 0);
    for (size_t i = 0; i < count; ++i) {
      Advance(i, static_cast<unsigned char>(c), places, &next);
    }
    PassEmpty(&next.at);
    std::swap(places, next);
  }
  return places.at[count] != 0;
}

bool IgnorePattern::Matches(std::string_view path, bool is_folder) const {
  if (folders_only_ && !is_folder) return false;
  const std::string_view matched = anchored_ ? path : LastName(path);
  if (!literal_) return MatchesGlob(matched);
  return matched.size() == elements_.size() &&
         std::equal(matched.begin(), matched.end(), elements_.begin(),
                    [](char c, const Element& element) {
                      return element.byte == static_cast<unsigned char>(c);
                    });
}

// Lists -----------------------------------------------------------------------

IgnoreRules::IgnoreRules(const std::filesystem::path& root) {
  const char* const config = std::getenv("XDG_CONFIG_HOME");
  const char* const home = std::getenv("HOME");
  if (config != nullptr && *config == '/') {
    AddFile(std::filesystem::path(config) / "git" / "ignore");
  } else if (home != nullptr && *home == '/') {
    AddFile(std::filesystem::path(home) / ".config" / "git" / "ignore");
  }
  AddFile(root / ".git" / "info" / "exclude");
}

std::vector<IgnorePattern> IgnoreRules::ReadPatterns(std::string_view text) {
  std::vector<IgnorePattern> patterns;
  text = text.substr(0, kMaxFileBytes);
  while (!text.empty() && patterns.size() < kMaxPatterns) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (auto pattern = IgnorePattern::Parse(text.substr(0, end))) {
      patterns.push_back(std::move(*pattern));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return patterns;
}

void IgnoreRules::AddFile(const std::filesystem::path& file) {
  const auto text = ReadFile(file, kMaxFileBytes);
  if (text) lists_.push_back({.folder = "", .patterns = ReadPatterns(*text)});
}

void IgnoreRules::Enter(std::string_view folder, std::string_view gitignore) {
  List list{.folder = std::string(folder), .patterns = ReadPatterns(gitignore)};
  if (!list.folder.empty()) list.folder += '/';
  lists_.push_back(std::move(list));
}

void IgnoreRules::Leave() {
  lists_.pop_back();
}

std::string_view IgnoreRules::WhyIgnored(std::string_view path,
                                         bool is_folder) const {
  for (auto list = lists_.rbegin(); list != lists_.rend(); ++list) {
    const std::string_view below = path.substr(list->folder.size());
    const auto& patterns = list->patterns;
    for (auto pattern = patterns.rbegin(); pattern != patterns.rend();
         ++pattern) {
      if (!pattern->Matches(below, is_folder)) continue;
      return pattern->allows() ? std::string_view() : pattern->text();
    }
  }
  return {};
}

}  // namespace krait::repository
