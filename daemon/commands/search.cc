// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/search.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "base/utf8.h"
#include "daemon/commands/repository_index.h"
#include "daemon/repository/place_unit.h"
#include "daemon/repository/search.h"
#include "daemon/terminal.h"

namespace krait::daemon {
namespace {

using repository::Passage;

// So many lines of a passage are shown.
constexpr size_t kShownLines = 6;

std::string NameOf(const Passage& passage) {
  if (passage.name.empty()) return passage.container;
  if (passage.container.empty()) return passage.name;
  return passage.container + ": " + passage.name;
}

// The first lines, without control characters that a terminal would obey.
std::string FirstLines(std::string_view text) {
  std::string lines;
  for (size_t line = 0; line < kShownLines && !text.empty(); ++line) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines += "    ";
    for (const char c : text.substr(0, std::min<size_t>(end, 160))) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte != 0x7F) lines += c;
      if (c == '\t') lines += "  ";
    }
    lines += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return base::ToValidUtf8(lines);
}

void PrintPassages(const NamedRepository& named,
                   const std::vector<Passage>& passages) {
  const bool colours = UseColours(STDOUT_FILENO);
  for (const Passage& passage : passages) {
    const std::string place = repository::PlaceText(
        passage.path, passage.begin_line, passage.end_line);
    const std::string name = NameOf(passage);
    PrintLine(fmt::format("{}  {}{}{:.1f}", Bold(place, colours), name,
                          name.empty() ? "" : "  ", passage.score));
    Print(Dimmed(FirstLines(repository::ReadPassage(named.root, passage)),
                 colours));
  }
  if (passages.empty()) PrintLine("nothing has any of these words");
}

boost::json::object ToJson(const NamedRepository& named,
                           const Passage& passage) {
  boost::json::object json;
  json["path"] = base::JsonString(passage.path);
  json["line"] = passage.begin_line;
  json["end_line"] = passage.end_line;
  json["unit"] = repository::UnitName(repository::UnitOfPlaces(passage.path));
  json["kind"] = repository::KindName(passage.kind);
  json["name"] = base::JsonString(passage.name);
  json["container"] = base::JsonString(passage.container);
  json["score"] = passage.score;
  json["text"] = base::JsonString(repository::ReadPassage(named.root, passage));
  return json;
}

}  // namespace

int RunSearch(const SearchArguments& arguments) {
  auto named = FindRepository(arguments.repository);
  if (!named) return ReportError(named.error());
  if (const auto opened = OpenEncoder(&*named); !opened) {
    return ReportError(opened.error());
  }
  if (!arguments.no_update) {
    const auto report = UpdateNamed(*named, arguments.rules.files);
    if (!report) return ReportError(report.error());
  }
  auto searcher =
      repository::Searcher::Open(named->index, named->encoder.get());
  if (!searcher) return ReportError(searcher.error());
  const auto begin = std::chrono::steady_clock::now();
  const auto passages =
      searcher->Find(arguments.question, arguments.most,
                     repository::Ranking::kBoth, repository::Wanted::kCode);
  if (!passages) return ReportError(passages.error());
  const std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - begin;
  if (!arguments.json) {
    PrintPassages(*named, *passages);
    return FinishOutput(kExitOk);
  }
  boost::json::array found;
  for (const Passage& passage : *passages) {
    found.push_back(ToJson(*named, passage));
  }
  PrintLine(base::JsonText(
      boost::json::object{{"root", base::JsonString(named->root.string())},
                          {"milliseconds", took.count()},
                          {"passages", std::move(found)}}));
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
