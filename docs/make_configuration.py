#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes configuration.md of what krait itself says of its settings.

    make_configuration.py KRAIT            prints the page
    make_configuration.py KRAIT --check    exit status 1 if the page is another
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).with_name("configuration.md")
HEAD = """# Configuration

<!-- Made by docs/make_configuration.py; a test compares. -->

Settings are in `~/.config/krait/config.toml`; an editor may send those of `[completion]` for itself, as
`initializationOptions` or settings under `krait`. `krait config` shows what is in force and from where, a wrong
setting is told by its place and keeps its default, but one that forbids: until that is right, nothing is read, or nothing is
saved. An option of the command line goes before the file.

```toml
model = "krait-default"
[completion]
extent = "line"
languages = { markdown = true }
```
"""
GROUPS = (
    (
        "The process, which all editors share",
        lambda key: not key.startswith(("completion.", "fim.", "gpu.", "http.", "remote.", "repository.")),
    ),
    ("Graphics cards ([more](gpu.md))", lambda key: key.startswith("gpu.")),
    ("What the model was trained with, if it is other than krait finds", lambda key: key.startswith("fim.")),
    ("Repositories ([more](repository.md))", lambda key: key.startswith("repository.")),
    ("Other programs, by HTTP ([more](http.md))", lambda key: key.startswith("http.")),
    ("An engine elsewhere ([more](remote.md))", lambda key: key.startswith("remote.")),
    ("Completion", lambda key: key.startswith("completion.")),
)


def settings_of(krait: str) -> dict:
    """What `krait config --json` says for a user who has set nothing."""
    with tempfile.TemporaryDirectory() as home:
        places = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_RUNTIME_DIR": home}
        env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "KRAIT_"))}
        done = subprocess.run(
            [krait, "config", "--json"], env={**env, **places}, stdout=subprocess.PIPE, check=True
        )
        text = done.stdout.decode().replace(home, "~")
    return json.loads(text)["settings"]


def default_of(key: str, setting: dict) -> str:
    value = setting["value"]
    if key == "model":
        return "the default model"
    if key == "state_bytes":
        return "by the machine's memory"
    if isinstance(value, (list, dict)) and len(json.dumps(value)) > 40:
        return "a list: `krait config`"
    return f"`{json.dumps(value)}`"


def page(settings: dict) -> str:
    parts = [HEAD]
    for title, belongs in GROUPS:
        rows = [
            f"| `{key}` | {default_of(key, s)} | {s['about']} Takes {s['expected']}. |\n"
            for key, s in settings.items()
            if belongs(key)
        ]
        parts.append(f"\n## {title}\n\n| setting | default | |\n|---|---|---|\n" + "".join(rows))
    return "".join(parts)


def main() -> int:
    made = page(settings_of(sys.argv[1]))
    if "--check" not in sys.argv[2:]:
        print(made, end="")
        return 0
    if PAGE.read_text(encoding="utf-8") == made:
        return 0
    print(f"{PAGE}: is another than krait's settings make it; run {sys.argv[0]} KRAIT > {PAGE}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
