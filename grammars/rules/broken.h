// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_GRAMMARS_RULES_BROKEN_H_
#define KRAIT_GRAMMARS_RULES_BROKEN_H_

#include <cstddef>

namespace krait::grammars {

// A place that is not well-formed by the rules of its language.
struct Broken {
  size_t begin_ofs = 0;
  size_t end_ofs = 0;
  // It took what follows for its own: what is wrong with that is not known.
  bool open = false;
  // Something is missing that may come much later (the `except` of a `try`).
  bool lacks_more = false;
};

}  // namespace krait::grammars

#endif  // KRAIT_GRAMMARS_RULES_BROKEN_H_
