// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_COMPLETION_WATCHER_H_
#define KRAIT_DAEMON_COMPLETION_WATCHER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/completion/generator/generator.h"
#include "daemon/completion/generator/piece.h"
#include "daemon/completion/rules/confidence.h"
#include "daemon/completion/stop/stop_rules.h"

namespace krait::completion {

// Watches a generation token by token and decides when it is enough.
// Thread-compatible.
class Watcher {
 public:
  // `make_rules` is called at the first token, or at the end without one: what
  // the rules need has the time of reading the prompt to get there. A token
  // that does not pass `gate` ends it.
  explicit Watcher(std::function<StopRules()> make_rules,
                   const ConfidenceGate& gate = {})
      : make_rules_(std::move(make_rules)), gate_(gate) {}

  // Returns whether to go on.
  bool Add(const Piece& piece);

  // Judges what is there by other rules, which know more: it may end earlier.
  void Reconsider(StopRules rules);

  // Returns how it ended, by us, by the model or for lack of tokens.
  StopDecision Finish(GenerationEnd end);

  std::string_view text() const { return text_; }
  // The same token by token.
  std::vector<SaidToken> Said() const;
  CompletionExtent extent() { return rules().extent(); }

  // Returns the log-probability of the token that was not sure enough, if that
  // ended it.
  std::optional<double> unsure_logprob() const;

  // Returns the mean log-probability of the tokens that `kept` was made of: a
  // beginning of the text, blanks apart. Nothing if it has only blanks.
  std::optional<double> MeanLogprob(std::string_view kept) const;

 private:
  const StopRules& rules();
  bool IsUnsure(size_t begin, float logprob) const;

  std::function<StopRules()> make_rules_;
  const ConfidenceGate gate_;
  std::optional<StopRules> rules_;
  std::string text_;
  std::vector<PieceId> pieces_;
  std::vector<float> logprobs_;
  std::vector<size_t> ends_;  // bytes of text_ after each token
  std::optional<StopDecision> decision_;
};

}  // namespace krait::completion

#endif  // KRAIT_DAEMON_COMPLETION_WATCHER_H_
