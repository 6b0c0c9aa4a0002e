// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_TOKENIZER_LINE_TOKENIZER_H_
#define KRAIT_ENGINE_TOKENIZER_LINE_TOKENIZER_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::engine {

// A tokenizer that remembers lines: of a text that it has seen before, an edit
// costs the edited line. Gives the ids of the whole text, always: with a
// vocabulary whose lines are not independent it remembers nothing.
//
// Thread-compatible.
class LineTokenizer {
 public:
  // `tokenizer` must outlive it. Remembers about `max_bytes`.
  explicit LineTokenizer(const Tokenizer& tokenizer,
                         size_t max_bytes = size_t{8} << 20);

  const Tokenizer& tokenizer() const { return tokenizer_; }

  // Appends the ids of `text`, as Tokenizer::Encode.
  void Encode(std::string_view text, DummyPrefix dummy,
              std::vector<TokenId>* ids);

  // Returns the number of ids of `text`, without a dummy space.
  size_t Count(std::string_view text);

  // Lets go of all lines.
  void Forget();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Lines = std::unordered_map<std::string, std::vector<TokenId>, Hash,
                                   std::equal_to<>>;

  const std::vector<TokenId>& Line(std::string_view line);
  const std::vector<TokenId>& Remember(std::string line,
                                       std::vector<TokenId> ids);

  const Tokenizer& tokenizer_;
  const size_t max_bytes_;
  // What was not used since the last change of generations is forgotten at the
  // next.
  Lines young_;
  Lines old_;
  size_t young_bytes_ = 0;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_TOKENIZER_LINE_TOKENIZER_H_
