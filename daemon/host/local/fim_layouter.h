// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_HOST_LOCAL_FIM_LAYOUTER_H_
#define KRAIT_DAEMON_HOST_LOCAL_FIM_LAYOUTER_H_

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/generator/generator.h"
#include "engine/file/token.h"
#include "engine/prompt/fim.h"
#include "engine/tokenizer/line_tokenizer.h"

namespace krait::daemon {

// A prompt in one layout.
struct FimPlan {
  engine::FimLayout layout = engine::FimLayout::kPrefix;
  std::vector<engine::TokenId> tokens;
  // Positions in `tokens` where states are worth keeping.
  std::vector<size_t> checkpoints;
  // What the generation has to begin with: text before the cursor that is not
  // in `tokens`.
  std::string beginning;
  // So many tokens, from the first, are of other files: 0: none.
  size_t context_tokens = 0;
  std::string reason;  // why not the layout that the model was trained for
};

// What running a prompt would take.
struct PromptCost {
  using Seconds = std::chrono::duration<double>;
  size_t missing = 0;   // tokens of which no state is warm
  Seconds time{};       // for these; zero as long as the speed is not known
  Seconds cold_time{};  // as if nothing were warm
};
using PredictCost =
    std::function<PromptCost(const std::vector<engine::TokenId>&)>;

// Makes the tokens of a prompt in a layout, and says where its states are worth
// keeping. Remembers the tokens of lines. Thread-compatible.
class FimLayouter {
 public:
  static constexpr size_t kAtTheEnd = std::numeric_limits<size_t>::max();

  // `tokenizer` must outlive it. `file_token`: see engine::LayOutFim.
  FimLayouter(const engine::Tokenizer& tokenizer,
              std::optional<engine::TokenId> file_token)
      : lines_(tokenizer), file_token_(file_token) {}

  // `anchor`: of FimLayout::kAnchoredPsm, bytes of the prefix before it.
  // Checkpoints are: the end of what is of other files; the end of the prefix,
  // if the suffix comes behind it; then the end of what is before the anchored
  // text; and declarations.
  base::Result<FimPlan> LayOut(engine::FimLayout layout,
                               const completion::GeneratorPrompt& prompt,
                               size_t anchor = kAtTheEnd);

  size_t Count(std::string_view text) { return lines_.Count(text); }
  const engine::Tokenizer& tokenizer() const { return lines_.tokenizer(); }

  // Lets go of the text that it remembers.
  void Forget() { lines_.Forget(); }

 private:
  engine::LineTokenizer lines_;
  const std::optional<engine::TokenId> file_token_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_HOST_LOCAL_FIM_LAYOUTER_H_
