// SPDX-License-Identifier: Apache-2.0
#include "daemon/commands/debug.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

#include "base/json_text.h"
#include "daemon/host/local/engine_generator.h"
#include "daemon/model_lookup.h"
#include "daemon/terminal.h"
#include "daemon/text_file.h"
#include "daemon/tools/npy.h"
#include "daemon/tools/token_list.h"
#include "engine/prompt/fim.h"
#include "engine/run/generation.h"
#include "engine/run/session.h"

namespace krait::daemon {
namespace {

using base::ErrorCode;
using base::MakeError;
using engine::TokenId;

struct TokenizerAndFormat {
  std::unique_ptr<engine::Tokenizer> tokenizer;
  engine::FimLayout layout = engine::FimLayout::kSpm;
  std::optional<TokenId> file_token;
};

base::Result<TokenizerAndFormat> OpenTokenizer(
    const DebugTokensArguments& arguments) {
  TokenizerAndFormat result;
  if (!arguments.tokenizer.empty()) {
    auto tokenizer = engine::Tokenizer::FromFile(arguments.tokenizer);
    if (!tokenizer) return tokenizer.error();
    result.tokenizer = std::move(*tokenizer);
    return result;
  }
  const auto path = FindModelOf(arguments.model);
  if (!path) return path.error();
  const auto file = engine::ModelFile::Open(*path, arguments.model.fim);
  if (!file) return file.error();
  auto tokenizer = (*file)->LoadTokenizer();
  if (!tokenizer) return tokenizer.error();
  result.tokenizer = std::move(*tokenizer);
  if (result.tokenizer == nullptr) {
    return MakeError(ErrorCode::kNotFound,
                     path->string() + ": has no tokenizer");
  }
  const auto trained = TrainedLayout(*result.tokenizer);
  if (trained != engine::FimLayout::kEmulated) result.layout = trained;
  return result;
}

void PrintIds(std::span<const TokenId> ids) {
  boost::json::array array(ids.begin(), ids.end());
  PrintLine(base::JsonText(boost::json::object{{"ids", std::move(array)}}));
}

base::Result<std::vector<TokenId>> FimIds(const DebugTokensArguments& arguments,
                                          const TokenizerAndFormat& format) {
  const auto prefix = ReadText(arguments.fim[0]);
  if (!prefix) return prefix.error();
  const auto suffix = ReadText(arguments.fim[1]);
  if (!suffix) return suffix.error();
  return engine::BuildFimPrompt(
      *format.tokenizer, format.layout,
      {.path = {}, .prefix = *prefix, .suffix = *suffix}, std::nullopt);
}

// Loads the model and reads the ids that are to be fed: at least one.
base::Result<std::pair<LoadedModel, std::vector<TokenId>>> LoadWithIds(
    const ModelOptions& options, const std::string& text) {
  auto loaded = LoadModel(options);
  if (!loaded) return loaded.error();
  auto ids =
      ParseTokenIds(text, loaded->model->hyperparameters().vocab, "--ids");
  if (!ids) return ids.error();
  if (ids->empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "--ids: expected at least one token id");
  }
  return std::pair(std::move(*loaded), std::move(*ids));
}

base::Status WriteState(std::span<const engine::StateTensor> state,
                        const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return MakeError(ErrorCode::kIo,
                     directory.string() + ": " + error.message());
  }
  for (const engine::StateTensor& tensor : state) {
    const auto written = WriteNpy(directory / (tensor.name + ".npy"),
                                  tensor.shape, tensor.values);
    if (!written) return written.error();
  }
  return {};
}

}  // namespace

int RunDebugTokens(const DebugTokensArguments& arguments) {
  const auto format = OpenTokenizer(arguments);
  if (!format) return ReportError(format.error());
  const engine::Tokenizer& tokenizer = *format->tokenizer;
  if (!arguments.fim.empty()) {
    const auto ids = FimIds(arguments, *format);
    if (!ids) return ReportError(ids.error());
    PrintIds(*ids);
    return FinishOutput(kExitOk);
  }
  const auto input = ReadText("-");
  if (!input) return ReportError(input.error());
  if (!arguments.decode) {
    PrintIds(tokenizer.Encode(*input));
    return FinishOutput(kExitOk);
  }
  const auto ids =
      ParseTokenIds(*input, tokenizer.vocab_size(), "standard input");
  if (!ids) return ReportError(ids.error());
  Print(tokenizer.Decode(*ids));
  return FinishOutput(kExitOk);
}

int RunDebugLogits(const DebugLogitsArguments& arguments) {
  auto loaded = LoadWithIds(arguments.model, arguments.ids);
  if (!loaded) return ReportError(loaded.error());
  const auto& [model, ids] = *loaded;
  engine::Session session(model.model, *model.pool);
  std::vector<float> logits;  // [tokens, vocab]
  const auto fed = session.PrefillAllLogits(ids, &logits);
  if (!fed) return ReportError(fed.error());
  const size_t shape[] = {ids.size(), model.model->hyperparameters().vocab};
  const auto written = WriteNpy(arguments.out, shape, logits);
  if (!written) return ReportError(written.error());
  if (!arguments.state_out.empty()) {
    const auto state = WriteState(session.ExportState(), arguments.state_out);
    if (!state) return ReportError(state.error());
  }
  return kExitOk;
}

int RunDebugGenerate(const DebugGenerateArguments& arguments) {
  auto loaded = LoadWithIds(arguments.model, arguments.ids);
  if (!loaded) return ReportError(loaded.error());
  const auto& [model, ids] = *loaded;
  engine::Session session(model.model, *model.pool);
  const auto fed = session.Prefill(ids);
  if (!fed) return ReportError(fed.error());
  const engine::Generation generation =
      engine::Generate(session, {.sampler = {},
                                 .max_tokens = arguments.tokens,
                                 .ignore_end_of_sequence = true,
                                 .on_token = {}});
  if (generation.reason == engine::StopReason::kNotFinite) {
    return ReportError(
        MakeError(ErrorCode::kBadFile,
                  model.path.string() + ": the model's logits are not finite"));
  }
  PrintIds(generation.tokens);
  return FinishOutput(kExitOk);
}

}  // namespace krait::daemon
