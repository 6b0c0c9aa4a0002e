// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_REMOTE_ROUTING_GENERATOR_H_
#define KRAIT_DAEMON_HOST_REMOTE_ROUTING_GENERATOR_H_

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "daemon/completion/generator/forwarding_generator.h"
#include "daemon/completion/generator/generator.h"
#include "daemon/host/hosted_model.h"
#include "daemon/remote/engine.h"

namespace krait::daemon {

// Lets an engine elsewhere answer what it is configured for, and the generator
// here everything else: what may not leave this machine, what the other does
// not answer, alternatives, and all that is warmed. So the model here knows the
// files all the same, and can take over at any keystroke.
//
// What is sent is the text around the cursor of a prompt that may leave, or a
// conversation, and nothing else of a prompt: no path, no other file. A text
// that holds what is a secret by its form stays here.
class RoutingGenerator final : public completion::ForwardingGenerator {
 public:
  RoutingGenerator(std::unique_ptr<completion::Generator> local,
                   std::shared_ptr<remote::Engine> engine);

  std::unique_ptr<completion::RunningGeneration> Begin(
      completion::GeneratorRequest request, std::stop_token stop) override;
  void Advance(
      std::span<completion::RunningGeneration* const> generations) override;

 private:
  // Nothing: it is not for elsewhere. An error: it would be, but must not.
  std::optional<base::Result<remote::WireRequest>> Route(
      const completion::GeneratorRequest& request) const;

  const std::unique_ptr<completion::Generator> local_;
  const std::shared_ptr<remote::Engine> engine_;
};

// The loader's generators, with an engine elsewhere if there is one.
HostedModel::Loader WithEngineElsewhere(HostedModel::Loader loader,
                                        std::shared_ptr<remote::Engine> engine);

// Makes what the user has configured; null: nothing is. Its news go to the log.
std::shared_ptr<remote::Engine> MakeEngineElsewhere(
    const remote::RemoteSettings& settings);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_REMOTE_ROUTING_GENERATOR_H_
