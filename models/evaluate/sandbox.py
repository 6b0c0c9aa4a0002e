# SPDX-License-Identifier: Apache-2.0
"""Runs a Python program that nobody has read: no network, no writing, little time.

Linux namespaces give it a network without interfaces, its own process numbers
and a file system that is read-only but for an empty folder in memory; resource
limits bound its time, memory, files and processes. Where namespaces are not
allowed nothing is run at all.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass

# Makes every mount read-only, then a small one to write to, then runs the
# program from standard input as a user without rights.
_INSIDE = """
set -e
mount --make-rprivate /
mount -t tmpfs -o size=16m,mode=0777 none /tmp
cut -d' ' -f5 /proc/self/mountinfo | sort -u | while read -r point; do
  case "$point" in /tmp|/proc|/proc/*) continue ;; esac
  mount -o remount,bind,ro "$point" 2>/dev/null || true
done
cd /tmp
if touch /sandbox-probe 2>/dev/null; then echo 'the root is writable' >&2; exit 99; fi
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$0" -I -B -
"""
FAILED_TO_START = 99


class SandboxError(RuntimeError):
    """The sandbox itself cannot be had."""


@dataclass(frozen=True)
class Limits:
    seconds: float = 10.0
    memory_mib: int = 512
    processes: int = 64
    output_bytes: int = 1 << 16


@dataclass(frozen=True)
class Outcome:
    passed: bool
    reason: str  # "passed", "timeout", or the last line that it wrote


def _limit(limits: Limits) -> None:
    seconds = int(limits.seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_mib << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20,) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def command() -> list[str]:
    for tool in ("unshare", "setpriv", "mount"):
        if shutil.which(tool) is None:
            raise SandboxError(f"{tool} is not installed (package util-linux)")
    namespaces = ["--user", "--map-root-user", "--net", "--pid", "--ipc", "--uts", "--mount"]
    python = sys.executable or "python3"
    return [
        "unshare",
        *namespaces,
        "--fork",
        "--kill-child",
        "--mount-proc",
        "sh",
        "-c",
        _INSIDE,
        python,
    ]


def run_python(program: str, limits: Limits = Limits()) -> Outcome:
    """Runs `program`; it passes if it ends by itself with status 0."""
    try:
        result = subprocess.run(
            command(),
            input=program.encode(),
            capture_output=True,
            timeout=limits.seconds,
            env={"PATH": "/usr/bin:/bin", "HOME": "/tmp"},
            preexec_fn=lambda: _limit(limits),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(False, "timeout")
    text = result.stderr[-limits.output_bytes :].decode(errors="replace").strip()
    last = text.splitlines()[-1] if text else f"status {result.returncode}"
    if result.returncode == FAILED_TO_START or last.startswith(("unshare:", "mount:", "setpriv:")):
        raise SandboxError(f"the sandbox cannot be made here: {last}")
    return Outcome(result.returncode == 0, "passed" if result.returncode == 0 else last)


def check() -> None:
    """Raises SandboxError unless programs run, and cannot do what they must not."""
    if not run_python("print(1)").passed:
        raise SandboxError("a harmless program fails in the sandbox")
    for attempt in (
        "import socket; socket.create_connection(('127.0.0.1', 1), 1)",
        "open('/etc/sandbox-probe', 'w')",
        "x = bytearray(1 << 30)",
    ):
        if run_python(attempt).passed:
            raise SandboxError(f"the sandbox lets this pass: {attempt}")
