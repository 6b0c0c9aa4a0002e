// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_TREE_SITTER_NEAR_RANGES_H_
#define KRAIT_GRAMMARS_TREE_SITTER_NEAR_RANGES_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "grammars/tree_sitter/grammar.h"

namespace krait::grammars {

// Returns what of a text has to be parsed to know the syntax around `ofs`:
// statements and declarations within some kilobytes of it, whole, and of all
// that encloses them the beginning and the end. The rest are whole statements
// and declarations, so that what is left is as well-formed as the text.
//
// `tree` is of `text`, or of an earlier version and told of the edits since;
// what was inserted by them is in `edited`.
// The ranges are ascending and apart; one range of everything if little could
// be left out. Costs some 20 microseconds and the counting of lines.
std::vector<TSRange> NearRanges(const Grammar& grammar, const TSTree* tree,
                                std::string_view text, ByteRange edited,
                                size_t ofs);

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_TREE_SITTER_NEAR_RANGES_H_
