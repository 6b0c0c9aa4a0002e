// SPDX-License-Identifier: Apache-2.0
#include "daemon/tools/fim_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "daemon/host/local/fim_planner.h"
#include "engine/model/model_file.h"
#include "engine/tokenizer/tokenizer.h"

namespace krait::daemon {
namespace {

using engine::FimChoice;
using engine::FimTraining;

// Who says what of a model's prompts.
class Sources {
 public:
  Sources(const FimChoice& configured, const FimChoice& file)
      : configured_(configured), file_(file) {}

  std::string OfToken(std::string_view key,
                      std::string FimChoice::*token) const {
    return Of(key, !(configured_.*token).empty(), !(file_.*token).empty(),
              "by its name or the file's id");
  }

  std::string OfOrder(const engine::SpecialTokens& special) const {
    std::string otherwise =
        "neither its file nor its vocabulary says how it was trained";
    if (special.fim_order != engine::FimOrder::kNone) {
      otherwise = fmt::format("its vocabulary has the tokens of {}",
                              special.fim_family);
    }
    return Of("order", configured_.order != FimTraining::kNone,
              file_.order != FimTraining::kNone, otherwise);
  }

 private:
  static std::string Of(std::string_view key, bool configured, bool file,
                        const std::string& otherwise) {
    if (configured) return fmt::format("configured (fim.{})", key);
    if (file) return fmt::format("its file says so (krait.fim.{})", key);
    return otherwise;
  }

  const FimChoice& configured_;
  const FimChoice& file_;
};

void AddTo(std::vector<FimFacts::Token>* tokens,
           const engine::Tokenizer& tokenizer, std::string_view role,
           std::optional<engine::TokenId> id, std::string reason) {
  if (!id) return;
  tokens->push_back({.role = role,
                     .name = std::string(tokenizer.TokenName(*id)),
                     .id = *id,
                     .reason = std::move(reason)});
}

void AddTokens(const engine::Tokenizer& tokenizer, const Sources& sources,
               const engine::Hyperparameters& hparams, FimFacts* facts) {
  const auto add = [&](std::string_view role, std::optional<engine::TokenId> id,
                       std::string reason) {
    AddTo(&facts->tokens, tokenizer, role, id, std::move(reason));
  };
  const engine::SpecialTokens& special = tokenizer.special();
  add("prefix", special.fim_prefix,
      sources.OfToken("prefix_token", &FimChoice::prefix_token));
  add("suffix", special.fim_suffix,
      sources.OfToken("suffix_token", &FimChoice::suffix_token));
  add("middle", special.fim_middle,
      sources.OfToken("middle_token", &FimChoice::middle_token));
  add("file header", FileToken(hparams, tokenizer),
      special.fim_file ? sources.OfToken("file_token", &FimChoice::file_token)
                       : "its file says so (krait.file_token_id)");
}

void AddOthers(const engine::Tokenizer& tokenizer, const Sources& sources,
               FimFacts* facts) {
  const engine::SpecialTokens& special = tokenizer.special();
  AddTo(&facts->separators, tokenizer, "between files",
        special.fim_file_separator,
        sources.OfToken("file_separator_token",
                        &FimChoice::file_separator_token));
  AddTo(&facts->separators, tokenizer, "between repositories",
        special.fim_repository_separator,
        sources.OfToken("repository_separator_token",
                        &FimChoice::repository_separator_token));
  for (engine::TokenId id = 0; id < tokenizer.vocab_size(); ++id) {
    if (!tokenizer.IsControl(id)) continue;
    facts->stops.emplace_back(tokenizer.TokenName(id));
  }
}

// Names, so many that one reads them.
std::string Listed(const std::vector<std::string>& names) {
  constexpr size_t kMost = 16;
  std::string text;
  for (size_t i = 0; i < std::min(kMost, names.size()); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : " ", names[i]);
  }
  if (names.size() > kMost) {
    text += fmt::format(" and {} more", names.size() - kMost);
  }
  return text;
}

}  // namespace

FimFacts FindFimFacts(const std::filesystem::path& model,
                      const FimChoice& configured) {
  FimFacts facts;
  facts.layout = "none";
  const auto untouched = engine::ModelFile::Open(model);
  const auto file = engine::ModelFile::Open(model, configured);
  if (!untouched || !file) {
    facts.reason = (untouched ? file : untouched).error().message;
    return facts;
  }
  const auto tokenizer = (*file)->LoadTokenizer();
  if (!tokenizer) {
    facts.reason = tokenizer.error().message;
    return facts;
  }
  const Sources sources(configured, (*untouched)->fim());
  facts.layout = engine::FimLayoutName(TrainedLayout(**tokenizer));
  facts.reason = sources.OfOrder((*tokenizer)->special());
  AddTokens(**tokenizer, sources, (*file)->hyperparameters(), &facts);
  AddOthers(**tokenizer, sources, &facts);
  return facts;
}

std::vector<std::pair<std::string, std::string>> FimRows(
    const FimFacts& facts) {
  std::vector<std::pair<std::string, std::string>> rows = {
      {"fim", fmt::format("{}: {}", facts.layout, facts.reason)}};
  for (const auto* const tokens : {&facts.tokens, &facts.separators}) {
    for (const FimFacts::Token& token : *tokens) {
      rows.emplace_back(
          fmt::format("  {}", token.role),
          fmt::format("{} ({}): {}", token.name, token.id, token.reason));
    }
  }
  if (!facts.stops.empty()) {
    rows.emplace_back("  ends at", Listed(facts.stops));
  }
  return rows;
}

boost::json::object FimToJson(const FimFacts& facts) {
  const auto by_role = [](const std::vector<FimFacts::Token>& tokens) {
    boost::json::object json;
    for (const FimFacts::Token& token : tokens) {
      json[token.role] = {
          {"name", token.name}, {"id", token.id}, {"reason", token.reason}};
    }
    return json;
  };
  return {
      {"layout", facts.layout},
      {"reason", facts.reason},
      {"tokens", by_role(facts.tokens)},
      {"separators", by_role(facts.separators)},
      {"stops", boost::json::array(facts.stops.begin(), facts.stops.end())}};
}

}  // namespace krait::daemon
