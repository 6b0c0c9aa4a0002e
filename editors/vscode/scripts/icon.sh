#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Draws images/icon.png from icon.svg.
set -euo pipefail
cd "$(dirname "$0")/../images"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=128,128 \
  --default-background-color=00000000 --screenshot="$PWD/icon.png" "file://$PWD/icon.svg"
