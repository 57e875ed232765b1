"""Objectives of many markets by another library: `python -m tests.core.peer_solvers NAME FILE`.

In a process of its own, since two of the libraries cannot be loaded into one. The file holds each
market's arrays under `NUMBER_NAME`; the answer is one JSON list of objectives.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.peers import PEERS
from symbiosis.core.problem import Problem

ROOT = Path(__file__).resolve().parents[2]
ARRAYS = ("supply", "demand", "offer", "need", "value")


def objectives_by(peer: str, problems: Sequence[Problem], folder: Path) -> list[int]:
    """What the peer finds for each market."""
    path = folder / "markets.npz"
    arrays = {
        f"{at}_{name}": getattr(problem, name)
        for at, problem in enumerate(problems)
        for name in ARRAYS
    }
    np.savez(path, **arrays)  # type: ignore[arg-type]
    told = subprocess.run(
        [sys.executable, "-m", "tests.core.peer_solvers", peer, str(path)],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: list[int] = json.loads(told.stdout)
    return found


def main() -> None:
    peer, path = sys.argv[1:3]
    with np.load(path) as stored:
        count = len(stored.files) // len(ARRAYS)
        markets = [{name: stored[f"{at}_{name}"] for name in ARRAYS} for at in range(count)]
    sys.stdout.write(json.dumps([PEERS[peer](market)() for market in markets]))


if __name__ == "__main__":
    main()
