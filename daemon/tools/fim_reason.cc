// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/fim_reason.h"

#include <fmt/format.h>

#include <optional>

#include "engine/model/model_file.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {
namespace {

std::string NameOf(const engine::Tokenizer& tokenizer,
                   std::optional<engine::TokenId> token) {
  return token ? std::string(tokenizer.TokenName(*token)) : std::string();
}

}  // namespace

std::string FimReason(const ModelSummary& summary) {
  if (summary.hparams.fim != engine::FimTraining::kNone) {
    return "its file says so (krait.fim.order)";
  }
  const auto file = engine::ModelFile::Open(summary.path);
  if (!file) return file.error().message;
  const auto tokenizer = (*file)->LoadTokenizer();
  if (!tokenizer) return "it has no tokenizer";
  const engine::SpecialTokens& special = (*tokenizer)->special();
  if (special.fim_order == engine::FimOrder::kNone) {
    return "neither its file nor its vocabulary says how it was trained";
  }
  return fmt::format("its vocabulary has {} {} {}",
                     NameOf(**tokenizer, special.fim_prefix),
                     NameOf(**tokenizer, special.fim_suffix),
                     NameOf(**tokenizer, special.fim_middle));
}

}  // namespace krait::daemon
