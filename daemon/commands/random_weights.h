// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMMANDS_RANDOM_WEIGHTS_H_
#define KRAIT_DAEMON_COMMANDS_RANDOM_WEIGHTS_H_

#include <filesystem>
#include <string>
#include <utility>

#include "base/result.h"
#include "daemon/loaded_model.h"

namespace krait::daemon {

// Random weights of a known shape in a model's place.
struct RandomWeightsArguments {
  std::string shape;  // empty: a real model
  std::string type = "q8_0";
  std::string keep;  // where the file is to stay
};

// A file with such weights, as long as it is needed.
class RandomWeights {
 public:
  // Writes the file and names it in `model`; nothing if none is asked for.
  static base::Result<RandomWeights> Make(
      const RandomWeightsArguments& arguments, ModelOptions* model);
  ~RandomWeights();
  RandomWeights(RandomWeights&& other) noexcept
      : temporary_(std::exchange(other.temporary_, {})) {}
  RandomWeights& operator=(RandomWeights&&) = delete;

 private:
  explicit RandomWeights(std::filesystem::path temporary)
      : temporary_(std::move(temporary)) {}

  std::filesystem::path temporary_;  // empty: nothing to remove
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_RANDOM_WEIGHTS_H_
