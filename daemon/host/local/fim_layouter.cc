// SPDX-License-Identifier: Apache-2.0
#include "daemon/host/local/fim_layouter.h"

#include <algorithm>
#include <utility>

namespace krait::daemon {

using engine::FimLayout;

base::Result<FimPlan> FimLayouter::LayOut(
    FimLayout layout, const completion::GeneratorPrompt& prompt,
    size_t anchor) {
  const bool anchored = layout == FimLayout::kAnchoredPsm;
  anchor =
      anchored ? std::min(anchor, prompt.prefix.size()) : prompt.prefix.size();
  std::vector<engine::FimContext> context;
  if (prompt.context != nullptr) {
    for (const completion::ContextPiece& piece : prompt.context->pieces()) {
      context.push_back({.path = piece.path, .text = piece.text});
    }
  }
  const bool separated =
      !context.empty() && lines_.tokenizer().special().fim_file_separator;
  const auto laid_out = engine::LayOutFim(
      lines_.tokenizer(), layout,
      {.path = file_token_ || separated ? prompt.path : std::string_view(),
       .prefix = prompt.prefix,
       .suffix = prompt.suffix,
       .anchor = anchor,
       .context = context,
       .repository = prompt.context == nullptr ? std::string_view()
                                               : prompt.context->repository(),
       .line_comment = prompt.line_comment},
      file_token_);
  if (!laid_out) return laid_out.error();
  engine::EncodedPrompt encoded = engine::Encode(laid_out->pieces, lines_);
  FimPlan plan;
  plan.layout = layout;
  const size_t prefix_end = encoded.ends[laid_out->prefix];
  if (anchored || layout == FimLayout::kPsm) {
    plan.checkpoints.push_back(prefix_end);
  }
  if (anchored) {
    plan.checkpoints.push_back(encoded.ends[encoded.ends.size() - 2]);
  }
  if (laid_out->context > 0) {
    plan.context_tokens = encoded.ends[laid_out->context - 1];
    plan.checkpoints.push_back(plan.context_tokens);
  }
  for (const size_t begin : prompt.anchors) {
    if (begin > anchor) continue;
    const size_t after =
        lines_.Count(prompt.prefix.substr(begin, anchor - begin));
    if (after < prefix_end) plan.checkpoints.push_back(prefix_end - after);
  }
  plan.tokens = std::move(encoded.ids);
  return plan;
}

}  // namespace krait::daemon
