// SPDX-License-Identifier: Apache-2.0
#include "daemon/process/greeting.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <utility>

#include "base/json_text.h"
#include "base/json_value.h"

namespace krait::daemon {
namespace {

namespace json = boost::json;

// Lets `read`, a function of an ObjectReader&, read the object that `line` is.
// Errors begin with `what`.
template <class Read>
base::Status ReadLine(std::string_view what, std::string_view line, Read read) {
  const auto wrong = [what](const base::Error& error) {
    return base::InText(what, error);
  };
  const auto document = base::JsonDocument::Parse(line);
  if (!document) return wrong(document.error());
  base::ObjectReader reader(document->root());
  read(reader);
  if (!reader.status()) return wrong(reader.status().error());
  return {};
}

}  // namespace

std::string ToLine(const Greeting& greeting) {
  return base::JsonText(
      json::object{{"protocol", greeting.protocol},
                   {"version", greeting.version},
                   {"purpose", greeting.purpose},
                   {"model", greeting.model},
                   {"settings", base::JsonOf(greeting.settings)}});
}

std::string ToLine(const Welcome& welcome) {
  return base::JsonText(json::object{{"protocol", welcome.protocol},
                                     {"version", welcome.version},
                                     {"pid", welcome.pid},
                                     {"threads", welcome.threads},
                                     {"refused", welcome.refused},
                                     {"reason", welcome.reason}});
}

base::Result<Greeting> ParseGreeting(std::string_view line) {
  Greeting greeting{.protocol = 0, .version = ""};
  const auto read = ReadLine("greeting", line, [&](base::ObjectReader& reader) {
    reader.Optional("protocol", &greeting.protocol)
        .Optional("version", &greeting.version)
        .Optional("purpose", &greeting.purpose)
        .Optional("model", &greeting.model)
        .OptionalObject("settings", [](base::ObjectReader&) {});
    const base::JsonValue settings = reader.Field("settings");
    if (!settings.IsMissingOrNull()) greeting.settings = settings.ToText();
  });
  if (!read) return read.error();
  return greeting;
}

base::Result<Welcome> ParseWelcome(std::string_view line) {
  Welcome welcome{.protocol = 0, .version = ""};
  const auto read =
      ReadLine("the daemon's answer", line, [&](base::ObjectReader& reader) {
        reader.Optional("protocol", &welcome.protocol)
            .Optional("version", &welcome.version)
            .Optional("pid", &welcome.pid)
            .Optional("threads", &welcome.threads)
            .Optional("refused", &welcome.refused)
            .Optional("reason", &welcome.reason);
      });
  if (!read) return read.error();
  return welcome;
}

base::Result<ControlRequest> ParseControlRequest(std::string_view line) {
  ControlRequest request;
  const auto read = ReadLine("control", line, [&](base::ObjectReader& reader) {
    reader.Optional("request", &request.name)
        .Optional("all", &request.scope.all)
        .Optional("paths", &request.scope.paths)
        .Optional("address", &request.address);
  });
  if (!read) return read.error();
  return request;
}

std::string ToLine(const ControlRequest& request) {
  json::object object{{"request", request.name}};
  if (request.scope.all) object["all"] = true;
  if (!request.address.empty()) object["address"] = request.address;
  if (!request.scope.paths.empty()) {
    json::array& paths = object["paths"].emplace_array();
    for (const std::string& path : request.scope.paths) {
      paths.emplace_back(path);
    }
  }
  return base::JsonText(object);
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
