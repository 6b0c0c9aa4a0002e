// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/greeting.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <utility>

#include "daemon/json_text.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::MakeError;

// Reads an object's members and keeps the first error.
class LineReader {
 public:
  LineReader(std::string_view what, std::string_view line) : what_(what) {
    json::error_code error;
    json::value parsed =
        json::parse(json::string_view(line.data(), line.size()), error);
    if (error || !parsed.is_object()) {
      Fail("expected a JSON object");
    } else {
      object_ = std::move(parsed.get_object());
    }
  }

  LineReader& Text(std::string_view key, std::string* out) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return *this;
    if (!value->is_string()) {
      return Fail(fmt::format("{}: expected a string", key));
    }
    *out = std::string(value->get_string());
    return *this;
  }
  LineReader& Number(std::string_view key, int64_t* out) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return *this;
    if (!value->is_int64()) {
      return Fail(fmt::format("{}: expected a whole number", key));
    }
    *out = value->get_int64();
    return *this;
  }
  LineReader& Object(std::string_view key, std::string* out) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return *this;
    if (!value->is_object()) {
      return Fail(fmt::format("{}: expected an object", key));
    }
    *out = JsonText(*value);
    return *this;
  }
  LineReader& Flag(std::string_view key, bool* out) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return *this;
    if (!value->is_bool()) {
      return Fail(fmt::format("{}: expected true or false", key));
    }
    *out = value->get_bool();
    return *this;
  }
  LineReader& Texts(std::string_view key, std::vector<std::string>* out) {
    const json::value* value = object_.if_contains(key);
    if (value == nullptr) return *this;
    const json::array* texts = value->if_array();
    const bool sound = texts != nullptr &&
                       std::ranges::all_of(*texts, [](const json::value& text) {
                         return text.is_string();
                       });
    if (!sound) return Fail(fmt::format("{}: expected a list of strings", key));
    for (const json::value& text : *texts) out->emplace_back(text.get_string());
    return *this;
  }
  const base::Status& status() const { return status_; }

 private:
  LineReader& Fail(const std::string& why) {
    if (status_) {
      status_ = MakeError(ErrorCode::kInvalidArgument,
                          fmt::format("{}: {}", what_, why));
    }
    return *this;
  }

  std::string what_;
  json::object object_;
  base::Status status_;
};

json::value Parsed(std::string_view text) {
  json::error_code error;
  return json::parse(json::string_view(text.data(), text.size()), error);
}

}  // namespace

std::string ToLine(const Greeting& greeting) {
  return JsonText(json::object{{"protocol", greeting.protocol},
                               {"version", greeting.version},
                               {"purpose", greeting.purpose},
                               {"model", greeting.model},
                               {"settings", Parsed(greeting.settings)}});
}

std::string ToLine(const Welcome& welcome) {
  return JsonText(json::object{{"protocol", welcome.protocol},
                               {"version", welcome.version},
                               {"pid", welcome.pid},
                               {"threads", welcome.threads},
                               {"refused", welcome.refused},
                               {"reason", welcome.reason}});
}

base::Result<Greeting> ParseGreeting(std::string_view line) {
  Greeting greeting{.protocol = 0, .version = ""};
  LineReader reader("greeting", line);
  reader.Number("protocol", &greeting.protocol)
      .Text("version", &greeting.version)
      .Text("purpose", &greeting.purpose)
      .Text("model", &greeting.model)
      .Object("settings", &greeting.settings);
  if (!reader.status()) return reader.status().error();
  return greeting;
}

base::Result<Welcome> ParseWelcome(std::string_view line) {
  Welcome welcome{.protocol = 0, .version = ""};
  LineReader reader("the daemon's answer", line);
  reader.Number("protocol", &welcome.protocol)
      .Text("version", &welcome.version)
      .Number("pid", &welcome.pid)
      .Number("threads", &welcome.threads)
      .Text("refused", &welcome.refused)
      .Text("reason", &welcome.reason);
  if (!reader.status()) return reader.status().error();
  return welcome;
}

base::Result<ControlRequest> ParseControlRequest(std::string_view line) {
  ControlRequest request;
  LineReader reader("control", line);
  reader.Text("request", &request.name)
      .Flag("all", &request.scope.all)
      .Texts("paths", &request.scope.paths);
  if (!reader.status()) return reader.status().error();
  return request;
}

std::string ToLine(const ControlRequest& request) {
  json::object object{{"request", request.name}};
  if (request.scope.all) object["all"] = true;
  if (!request.scope.paths.empty()) {
    json::array& paths = object["paths"].emplace_array();
    for (const std::string& path : request.scope.paths) {
      paths.emplace_back(path);
    }
  }
  return JsonText(object);
}

int CompareVersions(std::string_view a, std::string_view b) {
  const auto next = [](std::string_view* version) {
    int64_t part = 0;
    const char* const end = version->data() + version->size();
    const auto parsed = std::from_chars(version->data(), end, part);
    version->remove_prefix(static_cast<size_t>(parsed.ptr - version->data()));
    version->remove_prefix(
        std::min(version->find_first_of("0123456789"), version->size()));
    return part;
  };
  while (!a.empty() || !b.empty()) {
    const int64_t part_a = next(&a);
    const int64_t part_b = next(&b);
    if (part_a != part_b) return part_a < part_b ? -1 : 1;
  }
  return 0;
}

}  // namespace krait::daemon
