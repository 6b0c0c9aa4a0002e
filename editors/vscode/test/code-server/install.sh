#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs code-server into the current folder, which has its package-lock.json,
# as its own installation does, but compiles only what it cannot start without.
set -euo pipefail
export JOBS=max  # node-gyp
options=(--ignore-scripts --loglevel=error)

npm ci "${options[@]}"
npm_config_build_from_source=true npm rebuild --loglevel=error argon2
cd node_modules/code-server/lib/vscode
npm install --omit=dev "${options[@]}"
npm rebuild --loglevel=error @vscode/spdlog @vscode/native-watchdog
cd extensions
npm install --omit=dev "${options[@]}"
