"""The allocation problem and its answer: frozen values, whole numbers, one door each.

An offer i holds `supply[i]` kg, a need j asks for `demand[j]` kg. Arc e could carry kilograms from
`offer[e]` to `need[e]` and is worth `value[e]` cents per tonne. The objective is the plain sum of
value x flow, in cents x kg / tonne (divide by 1e5 for EUR), an exact integer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from symbiosis.core.errors import ProblemError

Ints: TypeAlias = NDArray[np.int64]
Ends: TypeAlias = NDArray[np.int32]

VALUE_LIMIT = 2**50
QUANTITY_LIMIT = 2**50


def whole_numbers(name: str, given: Any, dtype: type[np.integer[Any]]) -> NDArray[Any]:
    """A read-only one-dimensional array of `dtype`; refuses fractions, text and other shapes."""
    array = np.asarray(given)
    if array.ndim != 1:
        raise ProblemError(name, f"must be one-dimensional, has {array.ndim} dimensions")
    if array.size == 0:
        array = array.astype(dtype)
    if array.dtype.kind not in "iu":
        raise ProblemError(name, f"must hold whole numbers, holds {array.dtype}")
    if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
        raise ProblemError(name, "holds a number beyond 64 bits")
    limits = np.iinfo(dtype)
    if array.size and (int(array.min()) < limits.min or int(array.max()) > limits.max):
        raise ProblemError(name, f"holds a number outside {limits.min}..{limits.max}")
    frozen = np.ascontiguousarray(array, dtype=dtype)
    if frozen is given or frozen.base is not None:
        frozen = frozen.view()
    frozen.flags.writeable = False
    return frozen


def exact_dot(value: Ints, flow: Ints) -> int:
    """Sum of value x flow as a Python integer, exact at any size."""
    used = np.flatnonzero(flow)
    if not len(used):
        return 0
    v, f = value[used], flow[used]
    if float(np.abs(v).max()) * float(f.max()) * len(used) < 2.0**62:
        return int(v @ f)
    return sum(a * b for a, b in zip(v.tolist(), f.tolist(), strict=True))


@dataclass(frozen=True)
class Problem:
    """Who could send what to whom, and what a tonne on each way is worth.

    `min_lot` (kg per arc) makes a flow either nothing or at least that much; `fixed_cost` (in the
    unit of the objective, per arc) is paid once by an arc that carries anything; `min_intake`
    (kg per need) makes a need take either nothing or at least that much in all.

    Raises ProblemError, naming the array, on anything that does not fit together.

    >>> problem = Problem(supply=[5], demand=[3, 9], offer=[0, 0], need=[0, 1], value=[70, 40])
    >>> problem.arcs, problem.whole
    (2, False)
    """

    supply: Ints
    demand: Ints
    offer: Ends
    need: Ends
    value: Ints
    min_lot: Ints | None = None
    fixed_cost: Ints | None = None
    min_intake: Ints | None = None

    def __post_init__(self) -> None:
        for name in ("supply", "demand", "value"):
            self._freeze(name, np.int64)
        for name in ("offer", "need"):
            self._freeze(name, np.int32)
        for name in ("min_lot", "fixed_cost", "min_intake"):
            if getattr(self, name) is not None:
                self._freeze(name, np.int64)
        self._check_lengths()
        self._check_ranges()

    def _freeze(self, name: str, dtype: type[np.integer[Any]]) -> None:
        object.__setattr__(self, name, whole_numbers(name, getattr(self, name), dtype))

    def _check_lengths(self) -> None:
        arcs = len(self.offer)
        for name in ("need", "value", "min_lot", "fixed_cost"):
            array = getattr(self, name)
            if array is not None and len(array) != arcs:
                raise ProblemError(name, f"has {len(array)} entries for {arcs} arcs")
        if self.min_intake is not None and len(self.min_intake) != len(self.demand):
            raise ProblemError(
                "min_intake", f"has {len(self.min_intake)} entries for {len(self.demand)} needs"
            )

    def _check_ranges(self) -> None:
        for name, limit in (("offer", len(self.supply)), ("need", len(self.demand))):
            ends = getattr(self, name)
            if ends.size and (int(ends.min()) < 0 or int(ends.max()) >= limit):
                raise ProblemError(name, f"names a row outside 0..{limit - 1}")
        for name in ("supply", "demand", "min_lot", "fixed_cost", "min_intake"):
            array = getattr(self, name)
            if array is None or not array.size:
                continue
            if int(array.min()) < 0:
                raise ProblemError(name, "holds a negative number")
            if int(array.max()) > QUANTITY_LIMIT and name != "fixed_cost":
                raise ProblemError(name, f"holds more than {QUANTITY_LIMIT}")
        if self.value.size and max(-int(self.value.min()), int(self.value.max())) > VALUE_LIMIT:
            raise ProblemError("value", f"holds more than {VALUE_LIMIT} either way")

    @property
    def arcs(self) -> int:
        """How many arcs there are."""
        return len(self.offer)

    @property
    def whole(self) -> bool:
        """Whether lots, fixed costs or intakes make this an all-or-nothing problem."""
        return any(
            array is not None and bool(array.any())
            for array in (self.min_lot, self.fixed_cost, self.min_intake)
        )

    def digest(self) -> str:
        """A name for exactly this content; a plan carries it so that it cannot be mixed up."""
        hasher = hashlib.blake2b(digest_size=16)
        for part in fields(self):
            array = getattr(self, part.name)
            hasher.update(part.name.encode())
            if array is not None:
                hasher.update(len(array).to_bytes(8, "little"))
                hasher.update(memoryview(array).cast("B") if array.size else b"")
        return hasher.hexdigest()


@dataclass(frozen=True)
class Plan:
    """An allocation with its certificate.

    `flow` is kg per arc of the problem. `offer_price` and `need_price` (cents per tonne) are what
    one more tonne offered or asked would be worth to the whole: the dual prices. `bound` is proven:
    no allocation is worth more; `gap` = (bound - objective) / bound, 0.0 when the plan is optimal.
    `complete_over_all_pairs` says that the bound holds over every compatible pair of the market,
    not only over the arcs listed. `seconds` is process time spent solving.
    """

    flow: Ints
    offer_price: Ints
    need_price: Ints
    objective: int
    bound: int
    solver: str
    seconds: float
    problem_digest: str
    complete_over_all_pairs: bool = False
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("flow", "offer_price", "need_price"):
            array = whole_numbers(name, getattr(self, name), np.int64)
            object.__setattr__(self, name, array)

    @property
    def gap(self) -> float:
        """Relative distance to the proven bound; 0.0 means proven optimal."""
        return 0.0 if self.bound <= self.objective else (self.bound - self.objective) / self.bound
