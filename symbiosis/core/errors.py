"""What the core raises. Each error says which value is wrong and where."""

from __future__ import annotations


class CoreError(ValueError):
    """Base of everything the core raises on purpose."""


class ProblemError(CoreError):
    """The arrays of a problem or a market contradict themselves; `field` names the array."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class ParamsError(CoreError):
    """A parameter is outside the range in which it means anything; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class PlanError(CoreError):
    """A plan does not belong to its problem, breaks a limit, or its certificate does not hold."""


class SolverError(CoreError):
    """A solver stopped without a usable answer."""


class UnknownListingError(CoreError):
    """A change names an offer, a need or an arc that the resident market does not hold."""


class RuleTableError(CoreError):
    """A row of the legality rules does not hang together; `row` and `field` name it."""

    def __init__(self, row: str, field: str, message: str) -> None:
        super().__init__(f"{row}: {field}: {message}")
        self.row, self.field = row, field
