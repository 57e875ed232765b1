"""The engine on files: `python -m symbiosis.core solve` and `arrive`.

solve INSTANCE.npz --out PLAN.npz
    reads  offer, need (int32 per arc), value (int64, cents per unit), supply, demand (int64),
           optional min_lot, fixed_cost (int64 per arc), min_intake (int64 per need)
    writes flow (int64 per arc), offer_price, need_price, objective, bound (int64), gap, seconds

arrive INSTANCE.npz --count N --seed S --out TIMES.npz
    solves, then takes N random offers off the market and brings each back, one by one
    writes offer (row), seconds and objective of each return, removal_seconds and
           removal_objective of each removal, solve_seconds

`seconds` is process CPU of building and solving, without interpreter start, imports, reading and
compilation. Malformed input ends with one line on standard error and exit status 2.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from symbiosis.core.errors import CoreError, ProblemError
from symbiosis.core.match import match
from symbiosis.core.params import Params
from symbiosis.core.problem import Problem
from symbiosis.core.solvers.flow import compile_kernels
from symbiosis.core.solvers.resident import Resident
from symbiosis.core.verify import verify

REQUIRED = ("supply", "demand", "offer", "need", "value")
OPTIONAL = ("min_lot", "fixed_cost", "min_intake")
INT64 = 2**63 - 1
UNREADABLE = (OSError, ValueError, EOFError, AttributeError, RuntimeError, zipfile.BadZipFile,
              zlib.error)  # fmt: skip
"""What numpy raises for files that are broken, foreign, pickled, packed or locked."""


def read_instance(path: Path) -> Problem:
    """The problem in an .npz file; raises ProblemError for anything that is not one."""
    try:
        stored = np.load(path, allow_pickle=False)
        if not isinstance(stored, NpzFile):
            raise ProblemError("instance", f"{path} holds a single array, not an .npz of them")
        with stored:
            held = {name: stored[name] for name in stored.files if name in REQUIRED + OPTIONAL}
    except FileNotFoundError:
        raise ProblemError("instance", f"{path} does not exist") from None
    except UNREADABLE:
        raise ProblemError("instance", f"{path} is not an .npz of plain arrays") from None
    for name in REQUIRED:
        if name not in held:
            raise ProblemError(name, "is missing from the instance")
    return Problem(**held)


def write_arrays(path: Path, **arrays: Any) -> None:
    """An .npz at exactly this path; raises ProblemError where it cannot be written."""
    try:
        with path.open("wb") as out:
            np.savez(out, **arrays)
    except OSError as error:
        raise ProblemError("out", f"{path} cannot be written: {error.strerror}") from None


def solve(instance: Path, out: Path, params: Params) -> None:
    """Solve an instance, verify the plan, write it."""
    problem = read_instance(instance)
    warm_up()
    began = time.process_time()
    plan = match(problem, params)
    seconds = time.process_time() - began
    verify(problem, plan)
    if max(abs(plan.objective), plan.bound) > INT64:
        raise ProblemError("value", "times quantity makes an objective beyond 64 bits")
    write_arrays(
        out,
        flow=plan.flow,
        offer_price=plan.offer_price,
        need_price=plan.need_price,
        objective=np.int64(plan.objective),
        bound=np.int64(plan.bound),
        gap=np.float64(plan.gap),
        seconds=np.float64(seconds),
    )


def arrive(instance: Path, count: int, seed: int, out: Path) -> None:
    """Solve, then repair `count` removals and returns of random offers."""
    problem = read_instance(instance)
    if count < 1:
        raise ProblemError("count", "must be at least 1")
    if seed < 0:
        raise ProblemError("seed", "must not be negative")
    if not problem.whole:  # lots and costs of nothing at all
        problem = replace(problem, min_lot=None, fixed_cost=None, min_intake=None)
    if not len(problem.supply):
        raise ProblemError("supply", "is empty: no offer could arrive")
    warm_up()
    began = time.process_time()
    resident = Resident(problem)
    solved = time.process_time() - began
    rows = np.random.default_rng(seed).integers(0, len(problem.supply), count)
    seconds, objective = np.zeros((2, count)), np.zeros((2, count), np.int64)
    gc.disable()
    for at, row in enumerate(rows.tolist()):
        for step, quantity in enumerate((0, int(problem.supply[row]))):
            began = time.process_time()
            resident.set_quantity("offer", row, quantity)
            seconds[step, at] = time.process_time() - began
            objective[step, at] = resident.objective
    gc.enable()
    verify(problem, resident.plan())
    write_arrays(
        out,
        offer=rows,
        removal_seconds=seconds[0],
        seconds=seconds[1],
        removal_objective=objective[0],
        objective=objective[1],
        solve_seconds=np.float64(solved),
    )


def warm_up() -> None:
    """Load or compile every kernel the doors use, on a market of two firms."""
    tiny = Problem(
        supply=np.array([2, 1]),
        demand=np.array([1, 1]),
        offer=np.array([0, 0, 1], np.int32),
        need=np.array([0, 1, 1], np.int32),
        value=np.array([5, 3, 4]),
    )
    compile_kernels()
    match(tiny)
    resident = Resident(tiny)
    resident.set_quantity("offer", 0, 0)
    resident.set_quantity("offer", 0, 2)
    resident.set_quantity("need", 0, 0)
    resident.set_quantity("need", 0, 1)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m symbiosis.core", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    solving = commands.add_parser("solve", help="solve an instance")
    arriving = commands.add_parser("arrive", help="repair arrivals one by one")
    for command in (solving, arriving):
        command.add_argument("instance", type=Path)
        command.add_argument("--out", type=Path, required=True)
    solving.add_argument("--exact-seconds", type=float, default=Params().exact_seconds)
    arriving.add_argument("--count", type=int, required=True)
    arriving.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    try:
        if given.command == "solve":
            solve(given.instance, given.out, Params(exact_seconds=given.exact_seconds))
        else:
            arrive(given.instance, given.count, given.seed, given.out)
    except CoreError as error:
        print(f"error: {error}".replace("\n", " "), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
