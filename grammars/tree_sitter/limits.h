// SPDX-License-Identifier: Apache-2.0
// What bounds the work on a text that nobody wrote by hand.
#ifndef KRAIT_GRAMMARS_TREE_SITTER_LIMITS_H_
#define KRAIT_GRAMMARS_TREE_SITTER_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace krait::grammars {

// Nodes nested deeper are no program that a person works on, but brackets that
// a program wrote. They are not looked at: the library takes time in proportion
// to the depth for each node.
constexpr uint32_t kMaxDepth = 500;

// Steps of the queries about one place: some 0.1 s. A place takes one or two,
// or as many as a file has thousands of statements outside of any block.
constexpr size_t kMaxStepsAtPlace = 3000;

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_LIMITS_H_
