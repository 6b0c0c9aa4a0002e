// SPDX-License-Identifier: Apache-2.0
// Chooses the thresholds of a model: krait.confidence.* of its file.
#ifndef KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_H_
#define KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "daemon/completion/completion_service.h"
#include "daemon/tools/eval/fim_cases.h"
#include "daemon/tools/eval/shown_case.h"
#include "engine/model/model_hints.h"

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

  void Add(const Rightness& right);
  // A share of what is shown; 0 of nothing.
  double Share(size_t count) const;
};

// What texts of a mean of at least `threshold` come to.
struct ThresholdRow {
  double threshold = 0;
  ShownCount count;
};
std::vector<ThresholdRow> RowsByThreshold(std::span<const GateTrial> trials);

// Tries the thresholds for single tokens, each with all means, at many places.
class Calibration {
 public:
  // From the loosest, which shows everything to its end.
  static std::span<const double> TokenThresholds();

  // Completes a case, as an editor would ask unasked, with each of them.
  base::Status Try(const FimCase& fim_case,
                   const completion::CompletionOptions& options,
                   completion::CompletionService* service);

  // What one threshold for tokens comes to, with the mean that shows the most
  // right texts while the wanted share of what is shown is right. To show more
  // that is wrong besides would serve nobody.
  struct Choice {
    double token = 0;
    ThresholdRow line;
    ThresholdRow block;
  };
  std::vector<Choice> Choices(double right_share) const;
  // The one of them with the most right lines, of these the one that shows the
  // fewest; null if there is none.
  static const Choice* Best(std::span<const Choice> choices);

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

// The keys to write, one a line, for `python3 -m models.export.metadata`.
std::string KeysToWrite(const engine::ConfidenceThresholds& thresholds);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_EVAL_CALIBRATION_H_
