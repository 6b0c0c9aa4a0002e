// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/completion_answers.h"

#include <boost/json/value.hpp>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "daemon/completion/text/words.h"
#include "lsp/text.h"

namespace krait::daemon {
namespace {

// Returns the identifier, or the part of it, that ends at the cursor.
std::string WordBefore(const lsp::Text& text, size_t cursor_ofs) {
  constexpr size_t kLongest = 256;
  const std::string before = text.TextBefore(cursor_ofs, kLongest);
  size_t begin = before.size();
  while (begin > 0 && completion::IsWordByte(before[begin - 1])) --begin;
  return before.substr(begin);
}

// Returns the first line that is not blank, without its indentation.
std::string FirstVisibleLine(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "...";
  return text.substr(begin, text.find('\n', begin) - begin);
}

lsp::Command AcceptedCommand(const AnswerPlace& place) {
  return {
      .title = "krait: accepted",
      .command = kAcceptedCommand,
      .arguments = {{base::JsonText(boost::json::value(place.suggestion_id))}}};
}

}  // namespace

lsp::InlineCompletionList InlineAnswer(const AnswerPlace& place,
                                       const std::string& text) {
  lsp::InlineCompletionList list;
  if (text.empty()) return list;
  const lsp::Position cursor =
      lsp::ToPosition(place.document.text, place.cursor_ofs, place.encoding);
  lsp::InlineCompletionItem item;
  item.insert_text = text;
  item.range = lsp::Range{.start = cursor, .end = cursor};
  item.command = AcceptedCommand(place);
  list.items.push_back(std::move(item));
  return list;
}

lsp::InlineCompletionList SelectedAnswer(const AnswerPlace& place,
                                         const lsp::Range& range,
                                         const std::string& selected,
                                         const std::string& text) {
  lsp::InlineCompletionList list;
  if (text.empty()) return list;
  lsp::InlineCompletionItem item;
  item.insert_text = selected + text;
  item.range = range;
  item.command = AcceptedCommand(place);
  list.items.push_back(std::move(item));
  return list;
}

lsp::CompletionList PopupAnswer(const AnswerPlace& place,
                                const std::string& text) {
  // Typing on makes another completion: the editor is to ask again.
  lsp::CompletionList list{.is_incomplete = true, .items = {}};
  if (text.empty()) return list;
  const std::string word = WordBefore(place.document.text, place.cursor_ofs);
  const size_t begin = place.cursor_ofs - word.size();
  const std::string first_line = text.substr(0, text.find('\n'));
  lsp::CompletionItem item;
  item.label = FirstVisibleLine(word + text);
  item.detail = "krait";
  // Behind those of other servers, which know more of the language.
  item.sort_text.assign(1, '~');
  item.filter_text = word.empty() ? item.label : word + first_line;
  item.insert_text = word + text;
  const lsp::Text& whole = place.document.text;
  item.range = lsp::Range{
      .start = lsp::ToPosition(whole, begin, place.encoding),
      .end = lsp::ToPosition(whole, place.cursor_ofs, place.encoding)};
  item.command = AcceptedCommand(place);
  list.items.push_back(std::move(item));
  return list;
}

}  // namespace krait::daemon
