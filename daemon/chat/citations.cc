// SPDX-License-Identifier: Apache-2.0
//
// An answer is cut into pieces (text, code, citations), and these into
// sentences, each with what it cites: a citation behind a full stop belongs to
// the sentence before it.
#include "daemon/chat/citations.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "daemon/chat/significant_terms.h"
#include "daemon/repository/place_unit.h"

namespace krait::daemon {
namespace {

constexpr size_t kMostBytes = 1024;  // of a citation
// A sentence is ascribed to an excerpt that has so much of its words, if it has
// words enough to tell.
constexpr double kLeastShare = 0.5;
constexpr size_t kLeastTerms = 3;

std::optional<size_t> NumberOf(std::string_view text) {
  size_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) {
    return std::nullopt;
  }
  return number;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// "2", "Passage 2", "1, 3".
std::optional<std::vector<size_t>> ParseNumbers(std::string_view text) {
  std::vector<size_t> numbers;
  while (true) {
    const size_t comma = text.find_first_of(",;");
    std::string_view one = Trim(text.substr(0, comma));
    for (const std::string_view word : {"Passage ", "passage "}) {
      if (one.starts_with(word)) one.remove_prefix(word.size());
    }
    const auto number = NumberOf(one);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    if (comma == text.npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

// "path:12-34", "manual.pdf:page 3".
std::optional<Citation> ParseCitation(std::string_view text) {
  auto place = repository::ParsePlace(text);
  if (!place) return std::nullopt;
  return Citation{.path = std::move(place->path),
                  .begin_line = place->begin,
                  .end_line = place->end};
}

Citation PlaceOf(const Excerpt& excerpt) {
  return {.path = excerpt.path,
          .begin_line = excerpt.begin_line,
          .end_line = excerpt.end_line};
}

bool IsSamePlace(const Citation& a, const Citation& b) {
  return a.path == b.path && a.begin_line == b.begin_line &&
         a.end_line == b.end_line;
}

struct Sentence {
  std::string text = {};
  std::vector<Citation> citations = {};
};

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

class CitationChecker {
 public:
  CitationChecker(const std::vector<Excerpt>& shown,
                  const std::function<bool(const Excerpt&)>& still_there)
      : shown_(shown), still_there_(still_there) {
    for (const Excerpt& excerpt : shown) {
      shown_terms_.push_back(SignificantTerms(
          fmt::format("{} {} {}", excerpt.path, excerpt.name, excerpt.text)));
    }
  }

  CheckedAnswer Check(std::string_view answer) {
    while (!answer.empty()) {
      const size_t length = TakeCode(answer);
      answer.remove_prefix(length != 0 ? length : TakeCitation(answer));
    }
    CheckedAnswer checked;
    for (Sentence& sentence : sentences_) {
      if (sentence.citations.empty()) Ascribe(&sentence);
      checked.text += sentence.text;
      for (Citation& citation : sentence.citations) {
        const bool known =
            std::ranges::any_of(checked.citations, [&](const Citation& other) {
              return IsSamePlace(citation, other);
            });
        if (!known) checked.citations.push_back(std::move(citation));
      }
    }
    checked.dropped = std::move(dropped_);
    return checked;
  }

 private:
  // What stands between backquotes is no citation. Returns its length, 0 if
  // there is none.
  size_t TakeCode(std::string_view answer) {
    const size_t ticks = std::min(answer.find_first_not_of('`'), answer.size());
    if (ticks == 0) return 0;
    const size_t close = answer.find(answer.substr(0, ticks), ticks);
    const size_t end = close == answer.npos ? answer.size() : close + ticks;
    Last().text += answer.substr(0, end);
    return end;
  }

  // Returns how much of the answer it has taken: a citation, or a character.
  size_t TakeCitation(std::string_view answer) {
    if (answer.front() == '[' && !IsIndex()) {
      const std::string_view near = answer.substr(0, kMostBytes);
      const size_t close = near.find_first_of("]\n", 1);
      if (close != near.npos && near[close] == ']' &&
          Cite(near.substr(1, close - 1))) {
        return close + 1;
      }
    }
    TakeCharacter(answer);
    return 1;
  }

  // Whether what comes is an element of an array: "a[1]".
  bool IsIndex() {
    const std::string& text = Last().text;
    if (text.empty()) return false;
    const char c = text.back();
    return c == '_' || c == ')' || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  // Returns whether that is a citation, which may be dropped.
  bool Cite(std::string_view inside) {
    if (const auto numbers = ParseNumbers(inside)) {
      for (const size_t number : *numbers) CiteNumber(number);
      return true;
    }
    const auto place = ParseCitation(inside);
    if (!place) return false;
    const auto excerpt = std::ranges::find_if(shown_, [&](const Excerpt& e) {
      return e.path == place->path && e.begin_line <= place->begin_line &&
             place->end_line <= e.end_line;
    });
    if (excerpt == shown_.end()) {
      Drop(inside, "was not shown to it");
    } else {
      CiteExcerpt(*excerpt, *place, inside);
    }
    return true;
  }

  void CiteNumber(size_t number) {
    const std::string text = fmt::to_string(number);
    if (number > shown_.size()) return Drop(text, "was not shown to it");
    const Excerpt& excerpt = shown_[number - 1];
    CiteExcerpt(excerpt, PlaceOf(excerpt), text);
  }

  void CiteExcerpt(const Excerpt& excerpt, const Citation& place,
                   std::string_view text) {
    if (!still_there_(excerpt)) return Drop(text, "has changed since");
    Sentence& sentence = Cited();
    if (std::ranges::find(sentence.citations, place) !=
        sentence.citations.end()) {
      return;
    }
    sentence.text += fmt::format("[{}]", CitationText(place));
    sentence.citations.push_back(place);
  }

  void Drop(std::string_view text, std::string_view why) {
    DroppedCitation dropped{.text = fmt::format("[{}]", text),
                            .why = std::string(why)};
    if (std::ranges::find(dropped_, dropped) == dropped_.end()) {
      dropped_.push_back(std::move(dropped));
    }
    std::string& before = Last().text;
    while (before.ends_with(' ')) before.pop_back();
  }

  void TakeCharacter(std::string_view answer) {
    const char c = answer.front();
    Last().text += c;
    const bool stops = c == '.' || c == '!' || c == '?' || c == ':';
    const bool ends = answer.size() == 1 || answer[1] == ' ' ||
                      answer[1] == '\n' || answer[1] == '[';
    // A line of prose goes on in the next.
    constexpr std::string_view kBegins = "\n-*#|`0123456789";
    const bool paragraph =
        c == '\n' &&
        (answer.size() == 1 || kBegins.find(answer[1]) != kBegins.npos);
    if (paragraph || (stops && ends)) sentences_.emplace_back();
  }

  Sentence& Last() {
    if (sentences_.empty()) sentences_.emplace_back();
    return sentences_.back();
  }

  // The sentence that a citation here is of.
  Sentence& Cited() {
    if (sentences_.size() > 1 && IsBlank(Last().text)) {
      Sentence blank = std::move(Last());
      sentences_.pop_back();
      Last().text += blank.text;
    }
    return Last();
  }

  void Ascribe(Sentence* sentence) {
    const auto terms = SignificantTerms(sentence->text);
    if (terms.size() < kLeastTerms || SaysNotFound(sentence->text)) return;
    const Excerpt* best = nullptr;
    double most = kLeastShare;
    for (size_t i = 0; i < shown_.size(); ++i) {
      const auto& there = shown_terms_[i];
      const auto had = std::ranges::count_if(
          terms, [&](const auto& term) { return there.contains(term.first); });
      const double share =
          static_cast<double>(had) / static_cast<double>(terms.size());
      if (share < most || (best != nullptr && share == most)) continue;
      best = &shown_[i];
      most = share;
    }
    if (best == nullptr || !still_there_(*best)) return;
    Citation place = PlaceOf(*best);
    place.added = true;
    const size_t end = sentence->text.find_last_not_of(" \t\r\n") + 1;
    sentence->text.insert(end, fmt::format(" [{}]", CitationText(place)));
    sentence->citations.push_back(std::move(place));
  }

  const std::vector<Excerpt>& shown_;
  const std::function<bool(const Excerpt&)>& still_there_;
  // Of each excerpt.
  std::vector<std::map<std::string, int, std::less<>>> shown_terms_;
  std::vector<Sentence> sentences_;
  std::vector<DroppedCitation> dropped_;
};

}  // namespace

std::string CitationText(const Citation& citation) {
  return repository::PlaceText(citation.path, citation.begin_line,
                               citation.end_line);
}

CheckedAnswer CheckCitations(
    std::string_view answer, const std::vector<Excerpt>& shown,
    const std::function<bool(const Excerpt&)>& still_there) {
  return CitationChecker(shown, still_there).Check(answer);
}

bool SaysNotFound(std::string_view answer) {
  std::string lower(answer.substr(0, 400));
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower.find("not found in this repository") != std::string::npos;
}

}  // namespace krait::daemon
