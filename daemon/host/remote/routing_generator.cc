// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/remote/routing_generator.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "daemon/host/remote/routed_generation.h"
#include "daemon/log.h"
#include "daemon/models/environment.h"
#include "daemon/repository/secrets.h"

namespace krait::daemon {

using base::ErrorCode;
using base::MakeError;

namespace {

std::string_view RoleName(completion::ChatRole role) {
  switch (role) {
    case completion::ChatRole::kSystem:
      return "system";
    case completion::ChatRole::kUser:
      return "user";
    case completion::ChatRole::kAssistant:
      break;
  }
  return "assistant";
}

remote::WireRequest WireOf(const remote::RemoteSettings& settings,
                           const completion::GeneratorRequest& request,
                           const completion::GivenConversation& conversation) {
  remote::Chat chat{.turns = {},
                    .max_tokens = request.max_tokens,
                    .choosing = {.temperature = conversation.temperature,
                                 .top_p = conversation.top_p,
                                 .seed = request.sampling.seed}};
  for (const completion::ChatTurn& turn : conversation.turns) {
    chat.turns.push_back({.role = RoleName(turn.role), .text = turn.text});
  }
  return remote::WireOf(settings, chat);
}

remote::Choosing ChoosingOf(const completion::Sampling& sampling) {
  remote::Choosing choosing{.temperature =
                                static_cast<double>(sampling.temperature)};
  if (sampling.temperature <= 0) return choosing;
  choosing.top_p = static_cast<double>(sampling.top_p);
  choosing.seed = sampling.seed;
  return choosing;
}

}  // namespace

RoutingGenerator::RoutingGenerator(std::unique_ptr<completion::Generator> local,
                                   std::shared_ptr<remote::Engine> engine)
    : ForwardingGenerator(*local),
      local_(std::move(local)),
      engine_(std::move(engine)) {}

std::optional<base::Result<remote::WireRequest>> RoutingGenerator::Route(
    const completion::GeneratorRequest& request) const {
  const remote::RemoteSettings& settings = engine_->settings();
  const completion::GeneratorPrompt& prompt = request.prompt;
  // Further answers begin with tokens of lower rank, which only the model here
  // is asked for.
  if (request.max_tokens == 0 || request.first_rank > 0) return std::nullopt;
  if (prompt.conversation != nullptr) {
    if (!settings.chat) return std::nullopt;
    return base::Result<remote::WireRequest>(
        WireOf(settings, request, *prompt.conversation));
  }
  const bool for_it = settings.completion && prompt.may_leave && !prompt.pieces;
  if (!for_it) return std::nullopt;
  for (const std::string_view text : {prompt.prefix, prompt.suffix}) {
    const std::string_view secret = repository::FindSecret(text);
    if (secret.empty()) continue;
    return base::Result<remote::WireRequest>(MakeError(
        ErrorCode::kUnsupported, fmt::format("the text holds {}", secret)));
  }
  return remote::WireOf(settings,
                        remote::Fill{.prefix = prompt.prefix,
                                     .suffix = prompt.suffix,
                                     .max_tokens = request.max_tokens,
                                     .choosing = ChoosingOf(request.sampling)});
}

std::unique_ptr<completion::RunningGeneration> RoutingGenerator::Begin(
    completion::GeneratorRequest request, std::stop_token stop) {
  const auto route = Route(request);
  const bool chat = request.prompt.conversation != nullptr;
  auto generation = std::make_unique<RoutedGeneration>(
      *local_, engine_, std::move(request), std::move(stop));
  if (!route) {
    generation->BeginHere({});
  } else if (!*route) {
    generation->BeginHere(
        fmt::format("it is not sent elsewhere: {}", route->error().message));
  } else {
    const remote::RemoteSettings& settings = engine_->settings();
    const remote::Patience patience{
        .first_text = chat ? settings.timeout : settings.completion_wait,
        .tries = chat ? 3 : 2,
        .first_pause = std::chrono::milliseconds(chat ? 500 : 100)};
    std::string why_not;
    auto exchange = engine_->Ask(**route, patience, &why_not);
    if (exchange != nullptr) {
      generation->AskElsewhere(std::move(exchange));
    } else {
      generation->FallBack(why_not);
    }
  }
  return generation;
}

void RoutingGenerator::Advance(
    std::span<completion::RunningGeneration* const> generations) {
  std::vector<RoutedGeneration*> all;
  std::vector<completion::RunningGeneration*> here;
  for (completion::RunningGeneration* const generation : generations) {
    auto* const routed = static_cast<RoutedGeneration*>(generation);
    routed->StopIfAsked();
    routed->TakeWhatCame();
    all.push_back(routed);
    if (routed->here() != nullptr) here.push_back(routed->here());
  }
  local_->Advance(here);
  for (RoutedGeneration* const generation : all) generation->LookHere();
}

HostedModel::Loader WithEngineElsewhere(
    HostedModel::Loader loader, std::shared_ptr<remote::Engine> engine) {
  if (engine == nullptr) return loader;
  return [loader = std::move(loader),
          engine = std::move(engine)]() -> base::Result<ReadyGenerator> {
    auto ready = loader();
    if (!ready) return ready;
    ready->generator =
        std::make_unique<RoutingGenerator>(std::move(ready->generator), engine);
    return ready;
  };
}

std::shared_ptr<remote::Engine> MakeEngineElsewhere(
    const remote::RemoteSettings& settings) {
  if (!settings.configured()) return nullptr;
  auto engine = remote::Engine::Make(
      settings, models::VariableOfProcess,
      [](const std::string& news) { WriteLog(LogLevel::kWarning, news); });
  const remote::RemoteStatus status = engine->status();
  if (!status.problem.empty()) {
    WriteLog(LogLevel::kError,
             fmt::format("remote: nothing is sent: {}", status.problem));
  }
  return engine;
}

}  // namespace krait::daemon
