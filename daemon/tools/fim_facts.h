// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_DAEMON_TOOLS_FIM_FACTS_H_
#define KRAIT_DAEMON_TOOLS_FIM_FACTS_H_

#include <boost/json/object.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/file/token.h"
#include "engine/tokenizer/fim_choice.h"

namespace krait::daemon {

// How a model's prompts are laid out for fill-in-the-middle, and why so: by
// what the user configured, the model's file says, or the names of the tokens
// in its vocabulary tell.
struct FimFacts {
  struct Token {
    // "prefix", "suffix", "middle", "file header"; "between files", "between
    // repositories"
    std::string_view role;
    std::string name;  // as the vocabulary writes it
    engine::TokenId id = 0;
    std::string reason;
  };

  std::string layout;  // "spm", "psm", "emulated"; "none" without a tokenizer
  std::string reason;
  std::vector<Token> tokens;  // those that prompts are made with
  // Those that the model may have seen between files and repositories, which
  // krait's prompts, of one file, do not have.
  std::vector<Token> separators;
  // Control tokens: an answer ends at each of them.
  std::vector<std::string> stops;
};

// Reads the model's file and vocabulary.
FimFacts FindFimFacts(const std::filesystem::path& model,
                      const engine::FimChoice& configured);

// For people: rows of label and value.
std::vector<std::pair<std::string, std::string>> FimRows(const FimFacts& facts);
boost::json::object FimToJson(const FimFacts& facts);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_TOOLS_FIM_FACTS_H_
