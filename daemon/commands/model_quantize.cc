// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/model_quantize.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <csignal>
#include <filesystem>
#include <stop_token>
#include <string>

#include "base/json_text.h"
#include "daemon/loaded_model.h"  // StartPool
#include "daemon/terminal.h"
#include "engine/quantise/encode.h"
#include "engine/quantise/quantise_model.h"

namespace krait::daemon {
namespace {

// While one lives, an interrupt (Ctrl-C) or a request to end is noted instead
// of ending the process at once, so that what was begun can be removed.
class NotedInterrupt {
 public:
  NotedInterrupt()
      : interrupt_(std::signal(SIGINT, Note)),
        terminate_(std::signal(SIGTERM, Note)) {}
  ~NotedInterrupt() {
    std::signal(SIGINT, interrupt_);
    std::signal(SIGTERM, terminate_);
  }
  NotedInterrupt(const NotedInterrupt&) = delete;
  NotedInterrupt& operator=(const NotedInterrupt&) = delete;

  bool noted() const { return noted_.load(); }

 private:
  using Handler = void (*)(int);
  static void Note(int) { noted_.store(true); }

  static inline std::atomic<bool> noted_{false};
  const Handler interrupt_;
  const Handler terminate_;
};

std::string TypesText(const engine::QuantisedModel& model) {
  std::string text;
  for (const auto& [type, tensors] : model.tensors) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", tensors,
                        engine::TensorTypeName(type));
  }
  return text;
}

void PrintQuantised(const QuantizeArguments& arguments,
                    const engine::QuantisedModel& model) {
  if (!arguments.json) {
    PrintLine(
        fmt::format("{}: {:.1f} MB of weights ({}), off by {:.2f} % (root "
                    "mean square)",
                    arguments.out, static_cast<double>(model.bytes) / 1e6,
                    TypesText(model), 100 * model.relative_error));
    return;
  }
  boost::json::object json;
  boost::json::object tensors;
  for (const auto& [type, count] : model.tensors) {
    tensors[engine::TensorTypeName(type)] = count;
  }
  json["path"] = arguments.out;
  json["bytes"] = model.bytes;
  json["tensors"] = std::move(tensors);
  json["relative_error"] = model.relative_error;
  PrintLine(base::JsonText(json));
}

}  // namespace

int RunModelQuantize(const QuantizeArguments& arguments) {
  const auto type = engine::FindRunnableType(arguments.type);
  if (!type || !engine::CanEncode(*type)) {
    return ReportError(base::MakeError(
        base::ErrorCode::kInvalidArgument,
        fmt::format("--type {}: expected one of {}", arguments.type,
                    engine::RunnableTypeNames())));
  }
  const auto pool = StartPool(arguments.threads);
  const NotedInterrupt interrupt;
  std::stop_source stop;
  constexpr size_t kMib = size_t{1} << 20;
  Progress progress("quantizing, MiB", 0);
  const auto quantised = engine::QuantiseModel(
      arguments.in, arguments.out,
      {.type = *type,
       .on_progress =
           [&](size_t done, size_t total) {
             if (interrupt.noted()) stop.request_stop();
             progress.Update(done / kMib, fmt::format("of {}", total / kMib));
           },
       .stop = stop.get_token()},
      *pool);
  if (!quantised) return ReportError(quantised.error());
  PrintQuantised(arguments, *quantised);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
