// SPDX-License-Identifier: Apache-2.0
#include "daemon/models/recommended.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cassert>

#include "daemon/models/recommended_json.h"

namespace krait::models {
namespace {

namespace json = boost::json;

std::string Text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string().c_str()) : "";
}

std::optional<MeasuredSpeed> ReadMeasured(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return MeasuredSpeed{
      .machine = Text(value.at("machine")),
      .reads = value.at("reads").to_number<double>(),
      .writes = value.at("writes").to_number<double>(),
      .memory_bytes = value.at("memory_bytes").to_number<uint64_t>()};
}

RecommendedModel Read(const json::value& value) {
  RecommendedModel model{.name = Text(value.at("name")),
                         .source = Text(value.at("source")),
                         .sha256 = Text(value.at("sha256")),
                         .bytes = std::nullopt,
                         .licence = Text(value.at("licence")),
                         .fim = Text(value.at("fim")),
                         .good_for = Text(value.at("good_for")),
                         .measured = ReadMeasured(value.at("measured"))};
  if (!value.at("bytes").is_null()) {
    model.bytes = value.at("bytes").to_number<uint64_t>();
  }
  return model;
}

// The file is part of the program: a mistake in it is a programmer's, which
// the unit test finds.
std::vector<RecommendedModel> ReadAll() {
  std::vector<RecommendedModel> models;
  const json::value list = json::parse(kRecommendedJson);
  for (const json::value& value : list.as_array()) {
    models.push_back(Read(value));
  }
  return models;
}

}  // namespace

const std::vector<RecommendedModel>& RecommendedModels() {
  static const auto* const models =
      new std::vector<RecommendedModel>(ReadAll());
  return *models;
}

const RecommendedModel* FindRecommended(std::string_view name) {
  const auto& models = RecommendedModels();
  const auto found = std::ranges::find(models, name, &RecommendedModel::name);
  return found == models.end() ? nullptr : &*found;
}

}  // namespace krait::models
