// SPDX-License-Identifier: Apache-2.0
#include "daemon/bridge/document_replay.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/json_text.h"
#include "lsp/json.h"
#include "lsp/message.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

constexpr size_t kPieceBytes = size_t{4} << 20;

// Returns the offsets where the pieces of a text end.
std::vector<size_t> PieceEnds(const lsp::Text& text) {
  std::vector<size_t> ends;
  for (size_t end = 0; end < text.size();) {
    end = std::min(end + kPieceBytes, text.size());
    if (end < text.size()) end = text.CodePointStart(end);
    ends.push_back(end);
  }
  if (ends.empty()) ends.push_back(0);
  return ends;
}

std::string Notification(std::string_view method, const json::object& params) {
  return lsp::NotificationText(method, lsp::RawJson{base::JsonText(params)});
}

std::string DidOpen(const lsp::Document& document, size_t end_ofs) {
  json::object item;
  item["uri"] = document.uri;
  item["languageId"] = document.language_id;
  item["version"] = document.version;
  item["text"] = document.text.Copy(0, end_ofs);
  json::object params;
  params["textDocument"] = std::move(item);
  return Notification("textDocument/didOpen", params);
}

// Puts a piece at the end of what is there, wherever that is.
std::string DidAppend(const lsp::Document& document, std::string piece) {
  const json::object end{{"line", std::numeric_limits<uint32_t>::max()},
                         {"character", 0}};
  json::object change;
  change["range"] = {{"start", end}, {"end", end}};
  change["text"] = std::move(piece);
  json::object params;
  params["textDocument"] = {{"uri", document.uri},
                            {"version", document.version}};
  params["contentChanges"] = json::array{std::move(change)};
  return Notification("textDocument/didChange", params);
}

}  // namespace

std::vector<std::string> OpeningOf(const lsp::Document& document) {
  const std::vector<size_t> ends = PieceEnds(document.text);
  std::vector<std::string> bodies = {DidOpen(document, ends[0])};
  for (size_t i = 1; i < ends.size(); ++i) {
    bodies.push_back(
        DidAppend(document, document.text.Copy(ends[i - 1], ends[i])));
  }
  return bodies;
}

}  // namespace krait::daemon
