"""The engine on files: what a stranger's script meets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symbiosis.core.__main__ import main
from symbiosis.core.match import match
from symbiosis.core.problem import Problem
from tests.core.test_match import random_problem


def stored(path: Path, problem: Problem, **more: object) -> Path:
    names = ("supply", "demand", "offer", "need", "value")
    np.savez(path, **{name: getattr(problem, name) for name in names}, **more)  # type: ignore[arg-type]
    return path


def test_a_solved_instance_is_written_with_its_certificate(tmp_path: Path) -> None:
    problem = random_problem(np.random.default_rng(1), 20, 25, 150)
    out = tmp_path / "plan.npz"
    assert main(["solve", str(stored(tmp_path / "in.npz", problem)), "--out", str(out)]) == 0
    plan = np.load(out)
    proven = problem.supply @ plan["offer_price"] + problem.demand @ plan["need_price"]
    assert plan["flow"].dtype == np.int64
    assert plan["flow"] @ problem.value == plan["objective"] == plan["bound"] == proven
    assert plan["seconds"] >= 0


def test_arrivals_return_to_the_optimum(tmp_path: Path) -> None:
    problem = random_problem(np.random.default_rng(2), 15, 15, 120)
    out = tmp_path / "times.npz"
    instance = stored(tmp_path / "in.npz", problem)
    given = ["arrive", str(instance), "--count", "30", "--seed", "7", "--out", str(out)]
    assert main(given) == 0
    times = np.load(out)
    assert len(times["seconds"]) == len(times["objective"]) == 30
    assert (times["objective"] == match(problem).objective).all()
    for row, objective in zip(times["offer"], times["removal_objective"], strict=True):
        supply = problem.supply.copy()
        supply[row] = 0
        without = Problem(supply, problem.demand, problem.offer, problem.need, problem.value)
        assert match(without).objective == objective


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"offer": np.array([9])}, "offer"),
        ({"value": np.array([1.5])}, "value"),
        ({"supply": np.array([-1])}, "supply"),
        ({"need": np.array([0, 0])}, "need"),
        ({"value": None}, "value"),
        ({"supply": np.array([{}], dtype=object)}, "instance"),
    ],
)
def test_a_malformed_instance_is_one_line_and_status_two(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, np.ndarray | None],
    named: str,
) -> None:
    sound = {name: np.array([1]) for name in ("supply", "demand", "value")}
    sound |= {name: np.array([0], np.int32) for name in ("offer", "need")}
    arrays = {name: array for name, array in {**sound, **change}.items() if array is not None}
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    assert main(["solve", str(path), "--out", str(tmp_path / "out.npz")]) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"error: {named}")
    assert message.count("\n") == 1
    assert not (tmp_path / "out.npz").exists()


def test_a_file_that_is_no_archive_is_one_line_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(b"PK\x03\x04 not an archive")
    for instance in (path, tmp_path / "absent.npz"):
        assert main(["solve", str(instance), "--out", str(tmp_path / "out.npz")]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_files_that_are_no_instance_are_one_line_and_status_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = random_problem(np.random.default_rng(4), 50, 50, 400)
    sound = stored(tmp_path / "sound.npz", problem).read_bytes()
    single = tmp_path / "single.npy"
    np.save(single, problem.supply)
    packed = tmp_path / "packed.npz"
    np.savez_compressed(packed, supply=problem.supply)
    spoilt = bytearray(packed.read_bytes())
    spoilt[60:90] = bytes(30)
    packed.write_bytes(bytes(spoilt))
    cut, text = tmp_path / "cut.npz", tmp_path / "text.npz"
    cut.write_bytes(sound[: len(sound) // 2])
    text.write_text("offer,need,value")
    for path in (single, packed, cut, text, tmp_path, tmp_path / "absent.npz"):
        out = tmp_path / "plan.npz"
        assert main(["solve", str(path), "--out", str(out)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert not out.exists()


def test_arrivals_pass_over_lots_and_costs_of_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    problem = random_problem(np.random.default_rng(5), 6, 6, 20)
    none = np.zeros(20, np.int64)
    instance = stored(tmp_path / "in.npz", problem, min_lot=none, fixed_cost=none)
    given = ["arrive", str(instance), "--count", "3", "--out", str(tmp_path / "times.npz")]
    assert main(given) == 0
    assert main([*given, "--seed", "-1"]) == 2
    assert "seed" in capsys.readouterr().err
