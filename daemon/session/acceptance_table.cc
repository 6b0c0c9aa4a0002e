// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/acceptance_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace krait::daemon {
namespace {

namespace json = boost::json;
using Rows = std::map<std::string, AcceptanceCounts>;

constexpr std::array<std::pair<const char*, int64_t AcceptanceCounts::*>, 4>
    kCounts = {{{"shown", &AcceptanceCounts::shown},
                {"accepted", &AcceptanceCounts::accepted},
                {"partially", &AcceptanceCounts::partially},
                {"characters", &AcceptanceCounts::characters}}};
constexpr size_t kLongestName = 100;
// Sums of two stay far from the end of int64_t.
constexpr int64_t kMostCounted = int64_t{1} << 60;

void AddRow(std::string_view name, const AcceptanceCounts& counts, Rows* rows) {
  std::string key(name.substr(0, kLongestName));
  if (rows->size() >= AcceptanceTable::kMostRows && !rows->contains(key)) {
    key = "other";
  }
  (*rows)[key] += counts;
}

json::object CountsToJson(const AcceptanceCounts& counts) {
  json::object object;
  for (const auto& [name, count] : kCounts) object[name] = counts.*count;
  return object;
}

json::object RowsToJson(const Rows& rows) {
  json::object object;
  for (const auto& [name, counts] : rows) object[name] = CountsToJson(counts);
  return object;
}

base::Error Wrong(std::string_view name, std::string_view field,
                  std::string_view expected) {
  return base::MakeError(
      base::ErrorCode::kBadFile,
      fmt::format("{}: {}: expected {}", name, field, expected));
}

// `object` may have other members than counts.
base::Result<AcceptanceCounts> ReadCounts(const json::object& object,
                                          std::string_view name) {
  AcceptanceCounts counts;
  for (const auto& [field, count] : kCounts) {
    const json::value* value = object.if_contains(field);
    const int64_t* number = value == nullptr ? nullptr : value->if_int64();
    if (number == nullptr || *number < 0 || *number > kMostCounted) {
      return Wrong(name, field, "a whole number from 0");
    }
    counts.*count = *number;
  }
  return counts;
}

base::Result<Rows> ReadRows(const json::object& object, std::string_view field,
                            std::string_view name) {
  const json::value* value = object.if_contains(field);
  if (value == nullptr || !value->is_object()) {
    return Wrong(name, field, "an object");
  }
  Rows rows;
  for (const auto& entry : value->get_object()) {
    const std::string path = fmt::format("{}.{}", field, entry.key());
    if (!entry.value().is_object()) return Wrong(name, path, "an object");
    const auto counts = ReadCounts(entry.value().get_object(),
                                   fmt::format("{}: {}", name, path));
    if (!counts) return counts.error();
    AddRow(entry.key(), *counts, &rows);
  }
  return rows;
}

}  // namespace

AcceptanceCounts& AcceptanceCounts::operator+=(const AcceptanceCounts& more) {
  for (const auto& [name, count] : kCounts) {
    this->*count = std::min(this->*count + more.*count, kMostCounted);
  }
  return *this;
}

AcceptanceCounts AcceptanceCounts::operator-(
    const AcceptanceCounts& less) const {
  AcceptanceCounts rest = *this;
  for (const auto& [name, count] : kCounts) rest.*count -= less.*count;
  return rest;
}

void AcceptanceTable::Add(std::string_view language, std::string_view plan,
                          const AcceptanceCounts& counts) {
  all += counts;
  AddRow(language, counts, &by_language);
  AddRow(plan, counts, &by_plan);
}

void AcceptanceTable::Add(const AcceptanceTable& other) {
  if (since.empty() || (!other.since.empty() && other.since < since)) {
    since = other.since;
  }
  all += other.all;
  for (const auto& [name, counts] : other.by_language) {
    AddRow(name, counts, &by_language);
  }
  for (const auto& [name, counts] : other.by_plan) {
    AddRow(name, counts, &by_plan);
  }
}

json::object ToJson(const AcceptanceTable& table) {
  json::object object;
  object["since"] = table.since;
  for (auto& entry : CountsToJson(table.all)) {
    object[entry.key()] = entry.value();
  }
  object["by_language"] = RowsToJson(table.by_language);
  object["by_plan"] = RowsToJson(table.by_plan);
  return object;
}

base::Result<AcceptanceTable> ParseAcceptanceTable(std::string_view text,
                                                   std::string_view name) {
  json::error_code error;
  const json::value parsed =
      json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return Wrong(name, "content", "JSON");
  const json::object* object = parsed.if_object();
  if (object == nullptr) return Wrong(name, "content", "an object");
  AcceptanceTable table;
  const json::value* since = object->if_contains("since");
  if (since == nullptr || !since->is_string() ||
      since->get_string().size() > kLongestName) {
    return Wrong(name, "since", "a day");
  }
  table.since = since->get_string();
  const auto all = ReadCounts(*object, name);
  if (!all) return all.error();
  table.all = *all;
  for (auto [field, rows] : {std::pair("by_language", &table.by_language),
                             std::pair("by_plan", &table.by_plan)}) {
    auto read = ReadRows(*object, field, name);
    if (!read) return read.error();
    *rows = *std::move(read);
  }
  return table;
}

}  // namespace krait::daemon
