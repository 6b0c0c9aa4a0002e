# SPDX-License-Identifier: Apache-2.0
"""Compares an exported file in llama.cpp with PyTorch: tokens and log-probabilities.

Starts llama-server on a port of the loopback interface and asks it for the
greedy continuation of each prompt.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import sentencepiece
import torch

from models.evaluate.generate import greedy
from models.export.prompts import PROMPTS, prompt_ids
from models.tokenizer.control import EOS
from models.train import checkpoint

START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(server: subprocess.Popen, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"llama-server ended with status {server.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"llama-server did not start within {START_SECONDS} s")


def complete(url: str, ids: list[int], count: int) -> dict:
    body = {
        "prompt": ids,
        "n_predict": count,
        "temperature": 0,
        "top_k": 1,
        "n_probs": 2,
        "return_tokens": True,
        "cache_prompt": False,
    }
    request = urllib.request.Request(
        f"{url}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.load(reply)


def compare(url: str, model, processor, count: int) -> tuple[int, float]:
    """Returns how many prompts continue alike, and the largest difference of
    the first token's log-probability."""
    alike, worst = 0, 0.0
    for name, prompt in PROMPTS.items():
        ids = prompt_ids(prompt, processor.encode)
        expected = [
            i for i in greedy(model, [ids], count, lambda new: new[-1] == EOS)[0] if i != EOS
        ]
        best = float(torch.log_softmax(model.all_logits(torch.tensor([ids]))[0, -1], -1).max())
        reply = complete(url, ids, count)
        tokens = reply["tokens"][: len(expected)]
        difference = abs(best - reply["completion_probabilities"][0]["logprob"])
        print(
            f"{name}: {'alike' if tokens == expected else 'differs'}, "
            f"log-probability off by {difference:.1e}"
        )
        alike += tokens == expected
        worst = max(worst, difference)
    return alike, worst


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--tolerance", type=float, default=1e-3, help="of a log-probability")
    parser.add_argument("--server", default="llama-server")
    parser.add_argument("--json", type=Path, help="write the result there, for the model card")
    args = parser.parse_args()
    model, _, _ = checkpoint.load(args.checkpoint)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(args.tokenizer))
    port = free_port()
    command = [
        args.server,
        "-m",
        str(args.gguf),
        "--port",
        str(port),
        "--host",
        "127.0.0.1",
        "-t",
        "1",
        "-c",
        "2048",
        "-np",
        "1",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(server, url)
            alike, worst = compare(url, model, processor, args.tokens)
        finally:
            server.terminate()
    text = f"{alike} of {len(PROMPTS)} alike, log-probabilities within {worst:.1e}"
    print(text)
    if args.json:
        version = subprocess.run([args.server, "--version"], capture_output=True, text=True)
        first = (version.stdout or version.stderr).partition("\n")[0]
        what = f"`{args.gguf.name}` in llama.cpp ({first}) against PyTorch, {args.tokens} greedy tokens"
        args.json.write_text(json.dumps({"text": f"{what}: prompts {text}."}), encoding="utf-8")
    return 0 if worst <= args.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
