// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/doctor.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/version.hpp>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "daemon/config/config.h"
#include "daemon/graphics_card.h"
#include "daemon/host/local/engine_generator.h"
#include "daemon/host/local/model_summary.h"
#include "daemon/host/local/typing_speed.h"
#include "daemon/memory_limit.h"
#include "daemon/model_lookup.h"
#include "daemon/models/environment.h"
#include "daemon/process/daemon_client.h"
#include "daemon/process/runtime_dir.h"
#include "daemon/remote/engine.h"
#include "daemon/terminal.h"
#include "daemon/tools/machine.h"
#include "daemon/tools/model_verify.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"
#include "engine/threads/thread_choice.h"
#include "engine/threads/topology.h"
#include "simd/targets.h"

namespace krait::daemon {
namespace {

enum class Health : uint8_t { kOk, kWarning, kProblem };

struct Finding {
  Health health = Health::kOk;
  std::string check;
  std::string found;
  std::string advice;  // empty: nothing to do
};

class Findings {
 public:
  void Ok(std::string check, std::string found) {
    list_.push_back({Health::kOk, std::move(check), std::move(found), {}});
  }
  void Warn(std::string check, std::string found, std::string advice) {
    list_.push_back({Health::kWarning, std::move(check), std::move(found),
                     std::move(advice)});
  }
  void Problem(std::string check, std::string found, std::string advice) {
    list_.push_back({Health::kProblem, std::move(check), std::move(found),
                     std::move(advice)});
  }
  const std::vector<Finding>& list() const { return list_; }

 private:
  std::vector<Finding> list_;
};

std::string CompilerName() {
#ifdef __clang__
  return __VERSION__;  // with its name
#else
  return "GCC " __VERSION__;
#endif
}

void CheckMachine(Findings* findings) {
  findings->Ok("krait", KRAIT_VERSION);
  findings->Ok("system", KernelName());
  findings->Ok(
      "built with",
      fmt::format("Boost {}.{}, fmt {}.{}.{}, {}", BOOST_VERSION / 100000,
                  BOOST_VERSION / 100 % 1000, FMT_VERSION / 10000,
                  FMT_VERSION / 100 % 100, FMT_VERSION % 100, CompilerName()));
  findings->Ok("cpu", CpuName());
  findings->Ok("topology", engine::DescribeTopology());
  const std::string target = simd::CurrentTarget();
  if (target.starts_with("AVX") || target.starts_with("NEON") ||
      target.starts_with("SVE")) {
    findings->Ok("simd", target);
  } else {
    findings->Warn("simd", target,
                   "this instruction set is slow: a CPU with AVX2 or NEON runs "
                   "models several times faster");
  }
  const auto memory = MemoryOfMachine();
  if (memory) {
    findings->Ok("memory", fmt::format("{} of {} free",
                                       BytesText(memory->available_bytes),
                                       BytesText(memory->total_bytes)));
  }
}

std::string CardText(const engine::vulkan::DeviceInfo& card) {
  std::string text = fmt::format("{} {} ({}", card.number, card.name,
                                 DeviceKindName(card.kind));
  if (card.memory_bytes > 0) text += ", " + BytesText(card.memory_bytes);
  if (card.free_bytes > 0) {
    text += fmt::format(", {} free", BytesText(card.free_bytes));
  }
  text += fmt::format("; Vulkan {}, {}", card.api, card.driver);
  if (card.subgroup_size > 0) {
    text += fmt::format("; subgroups of {}", card.subgroup_size);
  }
  if (card.has_fp16) text += ", fp16";
  if (card.has_int8_dot) text += ", int8 dot product";
  if (card.has_cooperative_matrix) text += ", cooperative matrix";
  return text + ")";
}

// What would run where; of the first card that can be used, if none is wanted.
void CheckOffload(const ModelOptions& options, Findings* findings) {
  GpuOptions gpu = options.gpu;
  if (gpu.on_processor()) gpu.device = "auto";
  const auto path = FindModelOf(options);
  if (!path) return;  // CheckModel says so
  const auto offload = DescribeOffload(*path, gpu);
  if (offload) {
    findings->Ok("offload", *offload + (options.gpu.on_processor()
                                            ? ", with gpu.device = \"auto\""
                                            : ""));
  } else if (!options.gpu.on_processor()) {
    findings->Warn("offload", "nothing: " + offload.error().message,
                   "the processor runs the model; choose another card, or set "
                   "gpu.device = \"cpu\"");
  }
}

// Those that Vulkan knows, whether or not one is wanted.
void CheckCards(const ModelOptions& options, Findings* findings) {
  const auto cards = ListCards();
  if (!cards || cards->empty()) {
    const std::string found =
        cards ? "none" : fmt::format("none: {}", cards.error().message);
    if (options.gpu.on_processor()) return findings->Ok("cards", found);
    return findings->Warn("cards", found,
                          "the processor runs the model; install the card's "
                          "Vulkan driver, or set gpu.device = \"cpu\"");
  }
  for (const auto& card : *cards) {
    const std::string text = CardText(card);
    if (card.refused.empty()) {
      findings->Ok("card", text);
    } else {
      findings->Ok("card", fmt::format("{}, which krait cannot use: {}", text,
                                       card.refused));
    }
  }
  CheckOffload(options, findings);
}

void CheckMemory(size_t state_bytes, Findings* findings) {
  constexpr double kMebibyte = 1 << 20;
  const MemoryLimit& limit = ProcessMemoryLimit();
  const std::string found = fmt::format(
      "at most {:.0f} MiB ({}), of which warm states may take {:.0f} MiB",
      static_cast<double>(limit.bytes) / kMebibyte, limit.set_by,
      static_cast<double>(state_bytes) / kMebibyte);
  if (state_bytes <= limit.bytes / 2) return findings->Ok("states", found);
  findings->Warn("states", found,
                 fmt::format("with state_bytes = \"{} MiB\" the rest of krait "
                             "and other programs have room, too",
                             StateBytesFor(limit) >> 20));
}

void CheckThreads(size_t asked_for, Findings* findings) {
  const engine::ThreadChoice choice = engine::ChooseThreads(asked_for);
  const size_t threads = choice.threads;
  const std::string found = fmt::format("{} thread{}, {}", threads,
                                        threads == 1 ? "" : "s", choice.why);
  const auto quota = engine::CpuQuota();
  if (quota && std::ceil(*quota) < static_cast<double>(threads)) {
    findings->Warn("threads", found,
                   fmt::format("the control group allows the time of {:.2g} "
                               "CPUs only: leave `threads` to krait",
                               *quota));
    return;
  }
  findings->Ok("threads", found);
}

void CheckTokenizer(const LoadedModel& loaded, Findings* findings) {
  if (!loaded.model->has_tokenizer()) {
    findings->Problem("tokenizer", "none",
                      "put the model's tokenizer.json or tokenizer.model "
                      "beside its weights");
    return;
  }
  const engine::Tokenizer& tokenizer = loaded.model->tokenizer();
  const auto same = CheckRoundTrip(tokenizer, loaded.path.string());
  if (same) {
    findings->Ok("tokenizer", fmt::format("{} tokens, round trip works",
                                          tokenizer.vocab_size()));
  } else {
    findings->Warn("tokenizer", same.error().message,
                   "completions may hold wrong characters");
  }
  for (const std::string& warning : tokenizer.warnings()) {
    findings->Warn("tokenizer", warning,
                   "get that file again from where the model is from");
  }
  const auto& hparams = loaded.model->hyperparameters();
  const auto layout = TrainedLayout(tokenizer);
  if (layout == engine::FimLayout::kEmulated) {
    findings->Warn("fim", "not trained for fill-in-the-middle: emulated",
                   "a model trained for it uses the text after the cursor "
                   "better");
    return;
  }
  const auto prompt = engine::BuildFimPrompt(
      tokenizer, layout, {.path = {}, .prefix = "a", .suffix = "b"},
      FileToken(hparams, tokenizer));
  if (prompt) {
    findings->Ok("fim", fmt::format("{}, all tokens present",
                                    engine::FimLayoutName(layout)));
  } else {
    findings->Problem("fim", prompt.error().message,
                      "the model file is inconsistent: use another");
  }
}

struct Speed {
  double read = 0;  // tokens/s, of a prompt
  double write = 0;
};

// Returns nullopt if the model computes no numbers.
std::optional<Speed> MeasureSpeed(const LoadedModel& loaded) {
  constexpr size_t kPrompt = 128;
  constexpr size_t kTokens = 32;
  engine::Session session(loaded.model, *loaded.pool);
  const std::vector<engine::TokenId> prompt(kPrompt, 1);
  Speed speed;
  // The first time reads the weights into the page cache.
  for (int i = 0; i < 2; ++i) {
    session.Reset();
    const auto begin = std::chrono::steady_clock::now();
    if (!session.Prefill(prompt)) return std::nullopt;
    const auto middle = std::chrono::steady_clock::now();
    const auto generation =
        engine::Generate(session, {.sampler = {},
                                   .max_tokens = kTokens,
                                   .ignore_end_of_sequence = true,
                                   .on_token = {}});
    const auto end = std::chrono::steady_clock::now();
    if (generation.reason != engine::StopReason::kMaxTokens) {
      return std::nullopt;
    }
    const std::chrono::duration<double> reading = middle - begin;
    const std::chrono::duration<double> writing = end - middle;
    speed = {.read = static_cast<double>(kPrompt) / reading.count(),
             .write = static_cast<double>(kTokens) / writing.count()};
  }
  return speed;
}

void CheckSpeed(const LoadedModel& loaded,
                const completion::WindowLimits& limits, Findings* findings) {
  const auto speed = MeasureSpeed(loaded);
  if (!speed) {
    findings->Problem("speed", "the model's logits are not finite",
                      "`krait model verify` says what is wrong with the file");
    return;
  }
  const TypingSpeed typing = SpeedOfTyping(speed->read, speed->write, limits);
  const std::string found =
      fmt::format("reads {:.0f} and writes {:.0f} tokens/s: {}", speed->read,
                  speed->write, typing.verdict);
  if (typing.advice.empty()) {
    findings->Ok("speed", found);
  } else {
    findings->Warn("speed", found, typing.advice);
  }
}

void SayWhyNotLoaded(const base::Error& error, Findings* findings) {
  if (error.code == base::ErrorCode::kUnsupported) {
    findings->Problem(
        "model",
        fmt::format("this kind of model is not supported: {}", error.message),
        fmt::format("{}: choose another with --model, config.toml or "
                    "KRAIT_MODEL",
                    SupportedModels()));
    return;
  }
  findings->Problem("model", error.message,
                    "download the file again, or choose another with --model, "
                    "config.toml or KRAIT_MODEL");
}

void CheckModel(const ModelOptions& options,
                const completion::WindowLimits& limits, Findings* findings) {
  const auto path = FindModelOf(options);
  if (!path) {
    findings->Problem("model", path.error().message, "");
    return;
  }
  const auto begin = std::chrono::steady_clock::now();
  ModelOptions wanted = options;
  wanted.gpu.required = false;  // what there is instead is said
  const auto loaded = LoadModel(wanted);
  if (!loaded) return SayWhyNotLoaded(loaded.error(), findings);
  const std::chrono::duration<double, std::milli> ms =
      std::chrono::steady_clock::now() - begin;
  findings->Ok("model",
               fmt::format("{} ({}), loaded in {:.0f} ms", path->string(),
                           BytesText(ModelBytes(*path)), ms.count()));
  const auto memory = MemoryOfMachine();
  if (memory && ModelBytes(*path) > memory->available_bytes) {
    findings->Warn(
        "memory for the model",
        fmt::format("{} needed, {} free", BytesText(ModelBytes(*path)),
                    BytesText(memory->available_bytes)),
        "weights will be read from the disk again and again: use a "
        "smaller model");
  }
  if (!loaded->card_problem.empty()) {
    findings->Warn("device", "the processor: " + loaded->card_problem,
                   "choose another card, or set gpu.device = \"cpu\"");
  } else if (!loaded->card.empty()) {
    findings->Ok("device", loaded->card);
  }
  CheckThreads(options.threads, findings);
  CheckTokenizer(*loaded, findings);
  CheckSpeed(*loaded, limits, findings);
}

void CheckSettings(Findings* findings) {
  constexpr const char* kAdvice =
      "`krait config` shows what is in force, `man krait` lists all";
  const LoadedConfig loaded = LoadConfig({});
  for (const ConfigProblem& problem : loaded.problems) {
    if (problem.is_error) {
      findings->Problem("settings", problem.message, kAdvice);
    } else {
      findings->Warn("settings", problem.message, kAdvice);
    }
  }
  if (!loaded.problems.empty()) return;
  findings->Ok("settings", loaded.file.empty() ? "no file: all as it comes"
                                               : loaded.file.string());
}

// Asks for nothing but the list of its models: of a text nothing is sent.
void CheckRemote(const remote::RemoteSettings& settings, Findings* findings) {
  constexpr std::chrono::seconds kWait{10};
  if (settings.url.empty()) {
    return findings->Ok("remote", "none: nothing leaves this machine");
  }
  if (!settings.configured()) {
    return findings->Warn("remote", settings.url + " is asked for nothing",
                          "remote.for = [\"completion\", \"chat\"] says what "
                          "it is for");
  }
  const auto engine = remote::Engine::Make(settings, models::VariableOfProcess,
                                           [](const std::string& /*news*/) {});
  const auto checked = engine->Check(kWait);
  if (!checked) {
    return findings->Problem(
        "remote", fmt::format("{}: {}", settings.url, checked.error().message),
        "until it answers krait's own model does");
  }
  const std::string found = fmt::format(
      "{} {}, for{}{}", settings.url, *checked,
      settings.completion ? " completion" : "", settings.chat ? " chat" : "");
  if (settings.completion && settings.workspaces.empty()) {
    return findings->Warn("remote", found,
                          "no file is sent for completions until "
                          "remote.workspaces names its folder");
  }
  findings->Ok("remote", found);
}

void CheckRuntimeDir(Findings* findings) {
  const auto dir = MakeRuntimeDir(RuntimeEnvironment::OfProcess());
  if (!dir) {
    findings->Warn("runtime dir", dir.error().message,
                   "until that is mended each editor runs the model in a "
                   "process of its own");
  } else if (!dir->instead_because.empty()) {
    findings->Warn("runtime dir", dir->dir.string(),
                   fmt::format("used instead of $XDG_RUNTIME_DIR ({})",
                               dir->instead_because));
  } else {
    findings->Ok("runtime dir", dir->dir.string());
  }
}

void CheckDaemon(Findings* findings) {
  const auto env = RuntimeEnvironment::OfProcess();
  const auto client = ControlClient::Connect(env);
  if (!client && client.error().code == base::ErrorCode::kNotFound) {
    return findings->Ok("daemon", "none is running; `krait lsp` starts it");
  }
  if (!client) {
    const auto silent = FindSilentDaemon(env);
    return findings->Warn("daemon", silent ? *silent : client.error().message,
                          "until then `krait lsp` runs the model in its own "
                          "process");
  }
  const Welcome& daemon = client->daemon();
  const std::string found =
      fmt::format("process {}, krait {}", daemon.pid, daemon.version);
  if (daemon.version == KRAIT_VERSION) return findings->Ok("daemon", found);
  findings->Warn("daemon", found,
                 fmt::format("this is krait {}: `krait stop` ends the other",
                             KRAIT_VERSION));
}

std::string_view HealthName(Health health) {
  if (health == Health::kOk) return "ok";
  return health == Health::kWarning ? "warning" : "problem";
}

void PrintText(const Findings& findings) {
  const bool colours = UseColours(STDOUT_FILENO);
  for (const Finding& finding : findings.list()) {
    const std::string name = fmt::format("{:<8}", HealthName(finding.health));
    const std::string health =
        finding.health == Health::kOk        ? Green(name, colours)
        : finding.health == Health::kWarning ? Yellow(name, colours)
                                             : Red(name, colours);
    PrintLine(fmt::format("{}{:<11} {}", health, finding.check, finding.found));
    if (!finding.advice.empty()) {
      PrintLine(fmt::format("{:<8}{:<11} -> {}", "", "", finding.advice));
    }
  }
}

void PrintJson(const Findings& findings) {
  boost::json::array checks;
  Health worst = Health::kOk;
  for (const Finding& finding : findings.list()) {
    worst = std::max(worst, finding.health);
    boost::json::object json;
    json["check"] = finding.check;
    json["health"] = HealthName(finding.health);
    json["found"] = finding.found;
    if (!finding.advice.empty()) json["advice"] = finding.advice;
    checks.push_back(std::move(json));
  }
  boost::json::object json;
  json["health"] = HealthName(worst);
  json["checks"] = std::move(checks);
  PrintLine(base::JsonText(json));
}

}  // namespace

int RunDoctor(const DoctorArguments& arguments) {
  Findings findings;
  CheckMachine(&findings);
  CheckCards(arguments.model, &findings);
  CheckMemory(arguments.model.state_bytes, &findings);
  CheckModel(arguments.model, arguments.completion.limits, &findings);
  CheckSettings(&findings);
  CheckRemote(arguments.remote, &findings);
  CheckRuntimeDir(&findings);
  CheckDaemon(&findings);
  if (arguments.json) {
    PrintJson(findings);
  } else {
    PrintText(findings);
  }
  const bool problem =
      std::ranges::any_of(findings.list(), [](const Finding& finding) {
        return finding.health == Health::kProblem;
      });
  return FinishOutput(problem ? kExitUser : kExitOk);
}

}  // namespace krait::daemon
