// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_TESTS_ENGINE_VULKAN_SEQUENCES_FIXTURE_H_
#define KRAIT_TESTS_ENGINE_VULKAN_SEQUENCES_FIXTURE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/vulkan/device_sequence.h"
#include "tests/engine/vulkan/kernels_fixture.h"

namespace krait::engine::vulkan {

// A sequence of a call: its tokens, after how many its state is kept, and which
// outputs are asked for.
struct Lengths {
  uint32_t tokens;
  uint32_t kept_after = DeviceSequence::kNotKept;
  uint32_t first_output = 0;
};

// Sequences behind each other, with states of which a layer has a part.
class SequencesTest : public KernelsTest {
 protected:
  static constexpr size_t kStateOffset = 48;  // of the layer, in a state

  // With random states of so many floats before, that become those after.
  void Begin(const std::vector<Lengths>& lengths, size_t state_floats) {
    sequences_.clear();
    states_.clear();
    kept_.clear();
    before_.clear();
    uint32_t first = 0;
    for (const auto& [tokens, kept_after, first_output] : lengths) {
      before_.push_back(Random(kStateOffset + state_floats));
      states_.push_back(Put(before_.back()));
      kept_.push_back(Room(kStateOffset + state_floats));
      sequences_.push_back({.first_token = first,
                            .tokens = tokens,
                            .kept_after = kept_after,
                            .first_output = first_output,
                            .from = states_.back().address,
                            .state = states_.back().address,
                            .kept = kept_.back().address});
      first += tokens;
    }
    tokens_ = first;
  }
  // States after the call lie elsewhere than those before; the last sequence
  // has none before, which is zero.
  void KeepStatesBefore() {
    for (size_t s = 0; s < sequences_.size(); ++s) {
      states_[s] = Room(before_[s].size());
      sequences_[s].state = states_[s].address;
    }
    sequences_.back().from = 0;
    before_.back().assign(before_.back().size(), 0);
  }
  DeviceSequences OnDevice() {
    return {.address = Put(sequences_).address, .count = sequences_.size()};
  }
  // A state's part of the layer, before the call.
  std::vector<double> Before(size_t sequence) const {
    return {before_[sequence].begin() + kStateOffset, before_[sequence].end()};
  }
  // After it, or kept on the way.
  std::vector<float> After(const Slice& slice, size_t size) {
    const std::vector<float> state = Get(slice, kStateOffset + size);
    return {state.begin() + kStateOffset, state.end()};
  }
  void ExpectState(const Slice& slice, const std::vector<double>& expected,
                   double tolerance) {
    const std::vector<float> state = After(slice, expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(state[i], expected[i], tolerance) << i;
    }
  }

  size_t tokens_ = 0;
  std::vector<DeviceSequence> sequences_;
  std::vector<Slice> states_;
  std::vector<Slice> kept_;
  std::vector<std::vector<float>> before_;
};

}  // namespace krait::engine::vulkan

#endif  // KRAIT_TESTS_ENGINE_VULKAN_SEQUENCES_FIXTURE_H_
