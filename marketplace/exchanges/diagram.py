"""The process table as a page for people: the drawing and the rows, from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.exchanges.process import GRACE_DAYS, PROCESS, Row
from marketplace.exchanges.words import CONDITION_WORDS, State

_HEAD = """# How an exchange is negotiated

Written by `manage.py write_process` from the rows of `marketplace/exchanges/process.py`, which the
services, the API and the pages obey; a test compares. Every open exchange says who acts next and
by when; {grace} days after that date the calendar lets it expire.
"""


def process_page() -> str:
    """The page in Markdown, in the language that is active."""
    return "\n".join([_HEAD.format(grace=GRACE_DAYS), *_drawing(), "", *_table(), ""])


def _drawing() -> Iterator[str]:
    """A Mermaid state diagram; moves between the same two states share an arrow."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in State:
        yield f"    {state.value}: {state.label}"
    arrows: dict[tuple[State, State], list[str]] = {}
    for row in PROCESS:
        for source in row.sources:
            if row.target is not None:
                arrows.setdefault((source, row.target), []).append(row.move.value)
    yield f"    [*] --> {State.PROPOSED.value}"
    for (source, target), moves in arrows.items():
        yield f"    {source.value} --> {target.value}: {', '.join(dict.fromkeys(moves))}"
    yield "    completed --> [*]"
    yield "```"


def _table() -> Iterator[str]:
    yield "| move | who | from | to | next action | due in days | needs |"
    yield "|---|---|---|---|---|---|---|"
    for row in PROCESS:
        yield f"| {' | '.join(_cells(row))} |"


def _cells(row: Row) -> tuple[str, ...]:
    return (
        str(row.move.label),
        "; ".join(sorted(str(role.label) for role in row.actors)),
        "; ".join(str(state.label) for state in row.sources),
        str(row.target.label) if row.target else "(stays)",
        str(row.then.label) if row.then else "",
        str(row.deadline_days or ""),
        " ".join(str(CONDITION_WORDS[condition]) for condition in row.needs),
    )
