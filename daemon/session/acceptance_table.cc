// SPDX-License-Identifier: Apache-2.0
#include "daemon/session/acceptance_table.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "base/json_value.h"

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

// Members that are no counts are left to others.
base::Status ReadCounts(base::ObjectReader& object, AcceptanceCounts* counts) {
  for (const auto& [field, count] : kCounts) {
    int64_t& number = counts->*count;
    object.Require(field, &number)
        .Check(number >= 0 && number <= kMostCounted, field,
               "a whole number from 0");
  }
  return object.status();
}

// A row, as an object reads it.
base::Status FromJson(const base::JsonValue& json, AcceptanceCounts* counts) {
  base::ObjectReader object(json);
  return ReadCounts(object, counts);
}

base::Status FromJson(const base::JsonValue& json, Rows* rows) {
  base::ObjectReader object(json);
  base::Status status = object.status();
  object.ForEach([&](std::string_view name, const base::JsonValue& row) {
    AcceptanceCounts counts;
    const auto read = FromJson(row, &counts);
    if (read) return AddRow(name, counts, rows);
    if (status) status = base::InField(name, read.error());
  });
  return status;
}

base::Status Read(const base::JsonValue& json, AcceptanceTable* table) {
  base::ObjectReader object(json);
  object.Require("since", &table->since)
      .Check(table->since.size() <= kLongestName, "since", "a day");
  if (auto read = ReadCounts(object, &table->all); !read) return read;
  for (auto [field, rows] : {std::pair("by_language", &table->by_language),
                             std::pair("by_plan", &table->by_plan)}) {
    const auto read = FromJson(object.Field(field), rows);
    if (!read) return base::InField(field, read.error());
  }
  return {};
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
  const auto wrong = [name](const base::Error& error) {
    return base::MakeError(base::ErrorCode::kBadFile,
                           base::InText(name, error).message);
  };
  const auto document = base::JsonDocument::Parse(text);
  if (!document) return wrong(document.error());
  AcceptanceTable table;
  const auto read = Read(document->root(), &table);
  if (!read) return wrong(read.error());
  return table;
}

}  // namespace krait::daemon
