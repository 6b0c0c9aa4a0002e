// SPDX-License-Identifier: Apache-2.0
//
// The options of the evaluations. The arguments' present values are the
// defaults, and must outlive `app`.
#ifndef KRAIT_DAEMON_COMMANDS_EVAL_OPTIONS_H_
#define KRAIT_DAEMON_COMMANDS_EVAL_OPTIONS_H_

#include <CLI/CLI.hpp>

#include "daemon/commands/eval_ask.h"
#include "daemon/commands/eval_fim.h"
#include "daemon/commands/eval_retrieval.h"
#include "daemon/commands/eval_shown.h"
#include "daemon/commands/eval_text.h"

namespace krait::daemon {

void AddEvalAskOptions(CLI::App* app, EvalAskArguments* arguments);
void AddEvalFimOptions(CLI::App* app, EvalFimArguments* arguments);
void AddEvalShownOptions(CLI::App* app, EvalShownArguments* arguments);
void AddEvalRetrievalOptions(CLI::App* app, EvalRetrievalArguments* arguments);
void AddEvalTextOptions(CLI::App* app, EvalTextArguments* arguments);

}  // namespace krait::daemon

#endif  // KRAIT_DAEMON_COMMANDS_EVAL_OPTIONS_H_
