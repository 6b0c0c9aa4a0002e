// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/setting_texts.h"

#include <algorithm>
#include <array>

namespace krait::daemon {
namespace {

struct SettingText {
  std::string_view key;
  std::string_view about;
};

constexpr std::array kTexts = {
    // The process, which all editors share.
    SettingText{"model",
                "The model: a file, a directory, or a name from `krait model "
                "list`. Empty: the default model."},
    SettingText{"threads",
                "How many threads compute. 0: one for each core that the "
                "process may use."},
    SettingText{"allow_large_model",
                "Whether a model is run, too, that does not fit into the "
                "memory that krait may use: then it is read from the disk "
                "again and again."},
    SettingText{"gpu.device",
                "What runs the model: `cpu`; `auto`, the first graphics card "
                "with Vulkan 1.2; or a card's number or a part of its name, as "
                "`krait doctor` lists them; several cards with commas between "
                "share the layers. Where that does not run the model, the "
                "processor does, and the log says why."},
    SettingText{"gpu.layers",
                "How many of the model's layers graphics cards run, from the "
                "first on; the processor runs the others. `auto`: as many as "
                "there is room for."},
    SettingText{"gpu.experts",
                "Where mixtures of experts run: on the `card`, or on the "
                "`cpu`, so that a card that is too small for them runs all "
                "else of the layers."},
    SettingText{"gpu.state_memory",
                "What warm states may take of each graphics card's memory; "
                "what is used least goes to the processor's (`state_bytes`). "
                "`auto`: three quarters of what is free when the model is "
                "loaded, of memory that is the machine's, too, an eighth."},
    SettingText{"state_bytes",
                "The most memory for warm states. Without the setting it "
                "follows the limits of the machine and the container. With the "
                "open files krait keeps an eighth more, and never more than "
                "half of these limits."},
    SettingText{"state_dir",
                "Where warm states are kept between two runs; \"\" keeps none "
                "on the disk."},
    SettingText{"state_disk_bytes",
                "The room for them there; the least useful go first."},
    SettingText{"state_days",
                "States that were not used for so many days are deleted. 0: "
                "never."},
    SettingText{"state_exclude",
                "Files and folders whose states are never written to the "
                "disk."},
    SettingText{"memory_mixing",
                "Which models are mixed with what files say "
                "(`completion.file_memory`) though their own does not say "
                "how: `small` ones, of fewer than 700 million parameters, "
                "`always` all, or `never` any. What is right for a larger "
                "one was not measured."},
    SettingText{"log_level", "How much the daemon's log says."},
    SettingText{"idle_minutes",
                "How long the daemon stays when no editor is connected. 0: for "
                "ever."},
    SettingText{"statistics",
                "Whether krait counts what becomes of its suggestions. The "
                "counts stay on this machine; `krait status --stats` shows "
                "them."},
    // How the model is asked.
    SettingText{"fim.order",
                "How the model was trained to fill in: `spm`, the suffix "
                "first; `psm`, the prefix first; `both`; `emulated`, not at "
                "all. `model`: as its file or its vocabulary says, which "
                "`krait model info` shows."},
    SettingText{"fim.prefix_token", "The token before the prefix."},
    SettingText{"fim.suffix_token", "The token before the suffix."},
    SettingText{"fim.middle_token", "The token before what is filled in."},
    SettingText{"fim.file_token",
                "The token with which prompts begin, before the file's path, "
                "for models that were trained so."},
    SettingText{"fim.file_separator_token",
                "The token that stood between files when the model was "
                "trained: an answer ends there."},
    SettingText{"fim.repository_separator_token",
                "The same between repositories."},
    SettingText{"fim.stop_tokens",
                "Tokens at which an answer ends, beside the vocabulary's "
                "control tokens."},
    // Repositories.
    SettingText{"repository.embedding_model",
                "What makes vectors of texts, for `krait search` and `ask`, "
                "and for `/v1/embeddings`: a sentence encoder of the BERT "
                "family (GGUF, or a directory with safetensors), a model2vec "
                "directory, or a GGUF file with a table of terms. Empty: that "
                "of the model that comes along; `none`: repositories are "
                "searched by words alone. An index that another one made is "
                "made anew."},
    SettingText{"repository.index_on_battery",
                "Whether the indexes of repositories follow what is saved "
                "while the machine runs on its battery. `krait index`, "
                "`search` and `ask` always bring them up to date."},
    // Other programs.
    SettingText{"http.listen",
                "Where the daemon listens for programs that speak HTTP "
                "(docs/http.md), such as `127.0.0.1:8012`. A daemon that "
                "listens so stays for ever. Empty: nowhere; `krait serve` does "
                "it as long as it runs."},
    SettingText{"http.token",
                "Who needs the token that `krait status --token` shows: "
                "`others` than this user's programs on this machine, or "
                "`always` everybody."},
    SettingText{"http.allowed_origins",
                "Pages of the web that may ask, by their origin "
                "(`https://example.org`)."},
    // An engine elsewhere.
    SettingText{"remote.url",
                "The address of an engine elsewhere (docs/remote.md), such as "
                "`http://127.0.0.1:8000` or `https://api.mistral.ai`. Empty: "
                "nothing is ever sent. Only this file can set it, not an "
                "editor's or a repository's settings."},
    SettingText{"remote.kind",
                "What it speaks: `openai` (vLLM and most others), `mistral` "
                "or `llama.cpp` (llama-server)."},
    SettingText{"remote.model", "What its model is called there."},
    SettingText{"remote.key_env",
                "The environment variable that holds its key; the daemon must "
                "be started with it. Empty: no key, or of kind `mistral` "
                "MISTRAL_API_KEY, if that is set."},
    SettingText{"remote.for",
                "What it is for: `completion` in files of `remote.workspaces`, "
                "and `chat` by HTTP."},
    SettingText{"remote.workspaces",
                "Folders whose files may be sent to it for completions: the "
                "text around the cursor. What git ignores, what "
                "`completion.disabled_files` names and what holds a secret "
                "stays here."},
    SettingText{"remote.fim_template",
                "How an engine of kind `openai` is asked to fill in if its API "
                "has no `suffix`, such as vLLM's: a prompt with {prefix} and "
                "{suffix} in it. Empty: by `suffix`."},
    SettingText{"remote.completion_wait_ms",
                "How long a completion waits for its first token before "
                "krait's own model makes it."},
    SettingText{"remote.timeout_seconds",
                "How long a conversation waits for its first token, and either "
                "for each further one."},
    SettingText{"completion.local_only",
                "Nothing that is completed here is sent to `remote.url`. Once "
                "it is true in one place where settings are, false in another "
                "does not undo it."},
    // When and where it completes.
    SettingText{"completion.enabled", "Whether krait completes at all."},
    SettingText{"completion.languages",
                "Languages to turn on or off, by LSP language id; `*` is all "
                "others. What is not named is on where the model knows the "
                "language."},
    SettingText{"completion.disabled_files",
                "Files that krait does not read: not for completions in them, "
                "nor as context. Joined with the built-in list of secrets "
                "(`.env`, keys and the like), never in its place."},
    SettingText{"completion.trigger",
                "`automatic`: while typing. `on_demand`: only by a key."},
    SettingText{"completion.debounce_ms",
                "How long a request waits for a newer one."},
    SettingText{"completion.prefetch",
                "Whether the completion that would follow is computed while "
                "one is looked at."},
    SettingText{"completion.menu_item",
                "Whether editors without inline completion get an item in "
                "their completion menu."},
    // How far, and how sure.
    SettingText{"completion.max_tokens", "The longest completion, in tokens."},
    SettingText{"completion.max_lines", "The longest block, in lines."},
    SettingText{"completion.extent",
                "`auto`: what suits the cursor's place. `line`: never more "
                "than a line. `block`: whole blocks."},
    SettingText{"completion.prefix_tokens",
                "How much of the text before the cursor the model reads."},
    SettingText{"completion.suffix_tokens", "How much of the text behind it."},
    SettingText{"completion.pause_tokens",
                "How much of a file a model that was trained with the suffix "
                "last reads in pauses, so that a jump is quick; no more than "
                "it reads in half a minute. 0: no more than is shown it."},
    SettingText{"completion.file_memory",
                "Whether what stands elsewhere in the open files is mixed "
                "into what the model says, as its file or `memory_mixing` "
                "says."},
    SettingText{"completion.repository_memory",
                "Whether, with `completion.file_memory`, the other files of "
                "the repository that are in the same language are, too, and "
                "tokens are guessed from them. They are read in the "
                "background, by git's ignore rules; nothing of it is kept on "
                "the disk."},
    SettingText{"completion.repository_context",
                "How many tokens of other files of the repository the model is "
                "shown before the one that it completes: what this imports and "
                "names, similar places, what was edited last. They are read in "
                "pauses, and the repository is indexed for it (`krait index`). "
                "0: none."},
    SettingText{"completion.min_confidence",
                "How sure the model must be for something to be shown. "
                "\"model\": what its file says. -1000 shows all."},
    // How a token is chosen.
    SettingText{"completion.temperature",
                "0: always the likeliest token; higher: more variety."},
    SettingText{"completion.top_k",
                "Only the likeliest so many tokens. 0: no limit."},
    SettingText{"completion.top_p",
                "Only the likeliest tokens that have this probability "
                "together."},
    SettingText{"completion.min_p",
                "Only tokens with at least this part of the likeliest one's "
                "probability."},
    SettingText{"completion.repetition_penalty",
                "Makes tokens of the text less likely; 1: does not."},
};

}  // namespace

std::string_view AboutSetting(std::string_view key) {
  const auto* const found = std::ranges::find(kTexts, key, &SettingText::key);
  return found == kTexts.end() ? std::string_view() : found->about;
}

}  // namespace krait::daemon
