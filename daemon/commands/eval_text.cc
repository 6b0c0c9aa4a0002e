// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/eval_text.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/utf8.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/eval/json_lines.h"
#include "daemon/tools/eval/text_score.h"
#include "engine/run/session.h"

namespace krait::daemon {
namespace {

struct LabelledText {
  std::string language;
  std::string text;
};

base::Result<std::vector<LabelledText>> ReadLabelledTexts(
    const EvalTextArguments& arguments) {
  const auto file = ReadText(arguments.texts);
  if (!file) return file.error();
  std::vector<LabelledText> texts;
  const auto read = ReadJsonLines(
      *file, arguments.texts, arguments.limit,
      [&](base::ObjectReader& object) -> base::Status {
        LabelledText text;
        object.Require("language", &text.language).Require("text", &text.text);
        text.text.resize(base::ValidUtf8Prefix(
            std::string_view(text.text).substr(0, arguments.text_bytes)));
        texts.push_back(std::move(text));
        return object.status();
      });
  if (!read) return read.error();
  return texts;
}

boost::json::object ScoreToJson(const TextScore& score) {
  boost::json::object json;
  json["texts"] = score.texts;
  json["bytes"] = score.bytes;
  json["tokens"] = score.tokens;
  json["bits_per_byte"] = score.BitsPerByte();
  return json;
}

void PrintRow(std::string_view name, const TextScore& score) {
  PrintLine(fmt::format("{:<14}{:>7}{:>12}{:>12}{:>15.3f}", name, score.texts,
                        score.bytes, score.tokens, score.BitsPerByte()));
}

using TextScores = std::map<std::string, TextScore>;

void PrintScores(const TextScores& scores, const std::string& model,
                 bool json) {
  TextScore all;
  for (const auto& [language, score] : scores) all.Add(score);
  if (!json) {
    PrintLine(fmt::format("{:<14}{:>7}{:>12}{:>12}{:>15}", "language", "texts",
                          "bytes", "tokens", "bits/byte"));
    for (const auto& [language, score] : scores) PrintRow(language, score);
    PrintRow("all", all);
    return;
  }
  boost::json::object object = ScoreToJson(all);
  object["model"] = model;
  boost::json::object languages;
  for (const auto& [language, score] : scores) {
    languages[language] = ScoreToJson(score);
  }
  object["languages"] = std::move(languages);
  PrintLine(base::JsonText(object));
}

}  // namespace

int RunEvalText(const EvalTextArguments& arguments) {
  const auto texts = ReadLabelledTexts(arguments);
  if (!texts) return ReportError(texts.error());
  const auto loaded = LoadModel(arguments.model);
  if (!loaded) return ReportError(loaded.error());
  engine::Session session(loaded->model, *loaded->pool);
  TextScores scores;
  Progress progress("texts", texts->size());
  size_t done = 0;
  for (const LabelledText& text : *texts) {
    const auto score = ScoreText(text.text, session);
    if (!score) return ReportError(score.error());
    scores[text.language].Add(*score);
    progress.Update(++done, text.language);
  }
  PrintScores(scores, loaded->model->hyperparameters().name, arguments.json);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
