// SPDX-License-Identifier: Apache-2.0
// Chooses the thresholds of a model: krait.confidence.* of its file.
#ifndef KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_H_
#define KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_H_

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/completion/generator/model_hints.h"
#include "daemon/tools/eval/fim_cases.h"
#include "daemon/tools/eval/shown_case.h"

namespace krait::daemon {

// What would be shown at a place if its mean were sure enough.
struct GateTrial {
  std::string language;
  double mean_logprob = 0;
  Rightness right;
};

// Some texts that are shown, and how many of them are right.
struct ShownCount {
  size_t shown = 0;
  size_t first_word = 0;
  size_t whole = 0;
  size_t to_end = 0;
  size_t right_bytes = 0;  // of those that are right

  void Add(const Rightness& right);
  // A share of what is shown; 0 of nothing.
  double Share(size_t count) const;
  // Whether such a share of what is shown is right, and not by chance: it is
  // one standard error above.
  bool IsRight(double share) const;
};

// What texts of a mean of at least `threshold` come to.
struct ThresholdRow {
  double threshold = 0;
  ShownCount count;
};
std::vector<ThresholdRow> RowsByThreshold(std::span<const GateTrial> trials);

// The choice of thresholds: of those with which enough of what is shown is
// right (ShownCount::IsRight), the ones that show most that is right, counted
// in bytes. A language in which less than enough would be right with what is
// best for all together gets its own.
//
// Tries the thresholds for single tokens, each with all means, at many places.
class Calibration {
 public:
  // From the loosest, which shows everything to its end.
  static std::span<const double> TokenThresholds();

  // Completes a case, whose request is `request`, as an editor would ask
  // unasked, with each of them.
  base::Status Try(const FimCase& fim_case,
                   const completion::CompletionRequest& request,
                   const completion::CompletionOptions& options,
                   completion::CompletionService* service);

  // What one threshold for tokens comes to, with the mean that shows most that
  // is right while enough of what is shown is. To show more that is wrong
  // besides would serve nobody.
  struct Choice {
    double token = 0;
    ThresholdRow line;
    ThresholdRow block;
  };
  // Of one language, or of all.
  std::vector<Choice> Choices(double right_share,
                              std::string_view language = {}) const;
  // The one of them with most that is right in lines, of these the one that
  // shows the fewest; null if there is none.
  static const Choice* Best(std::span<const Choice> choices);

  // The lines of one language, and what suits it.
  struct LanguageChoice {
    ShownCount with_general;
    // Nothing: what suits all. A threshold of 0: no line is sure enough.
    std::optional<Choice> own;
  };
  // By language; `general`: the best of all together.
  std::map<std::string, LanguageChoice> ChoicesOfLanguages(
      double right_share, const Choice& general) const;

  size_t places() const { return places_; }
  // The lines of TokenThresholds()[index].
  std::span<const GateTrial> lines(size_t index) const { return lines_[index]; }
  // What the model said at the last case, token by token.
  const std::vector<completion::SaidToken>& said() const { return said_; }

 private:
  size_t places_ = 0;
  std::vector<completion::SaidToken> said_;
  // By threshold for tokens.
  std::vector<std::vector<GateTrial>> lines_;
  std::vector<std::vector<GateTrial>> blocks_;
};

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_H_
