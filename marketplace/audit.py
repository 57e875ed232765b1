"""The audit trail: the database itself writes down each state of every row of a business table.

Triggers (django-pghistory) add one entry for each row inserted, changed or deleted, in the same
transaction, whoever wrote it: a view, a bulk update, an import, a person at psql. An entry holds
the row as it stood after the change, or as it was when it was deleted; what it was before is the
row's entry before. Entries are append-only: a trigger refuses to change or remove them.

Who did it, with which program and in which request travels as two settings of the connection,
set by ``acting``. An entry names people by number and holds nothing else of them, so that a person
can be erased while the record stays whole.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pghistory
import pgtrigger
from django.db import connection, models

_who: ContextVar[tuple[str, dict[str, Any]] | None] = ContextVar("audit_who", default=None)

LABELS = ("insert", "update", "delete")


def audited(
    model: type[models.Model], *, exclude: tuple[str, ...] = (), only: dict[str, Any] | None = None
) -> None:
    """Keep an audit trail of a model, in ``<Model>AuditEntry`` of its app. Call it at the end of
    the app's ``models.py`` and make the migration.

    ``exclude`` names columns that are not recorded: what the database reckons itself, when a row
    was touched, and what says something of a person. ``only`` leaves out rows of another kind
    (inferred listings) when they are made or removed in bulk.
    """
    stamps = [f.name for f in model._meta.local_fields if getattr(f, "auto_now", False)]
    reckoned = [f.name for f in model._meta.local_fields if f.generated]
    made = {f"new__{name}": value for name, value in (only or {}).items()}
    removed = {f"old__{name}": value for name, value in (only or {}).items()}
    pghistory.track(
        pghistory.InsertEvent(condition=pgtrigger.Q(**made) if only else None),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(condition=pgtrigger.Q(**removed) if only else None),
        exclude=[*exclude, *stamps, *reckoned],
        model_name=f"{model.__name__}AuditEntry",
        app_label=model._meta.app_label,
        obj_field=pghistory.ObjForeignKey(related_name="audit_entries"),
        context_field=pghistory.ContextJSONField(),
        context_id_field=pghistory.ContextUUIDField(),
        append_only=True,
        level=pgtrigger.Statement,
    )(model)


def audited_models() -> dict[type[models.Model], type[models.Model]]:
    """Every model with an audit trail, and the model of its entries."""
    return {
        entry.pgh_tracked_model: entry  # type: ignore[attr-defined]
        for entry in pghistory.core.event_models(include_missing_pgh_obj=True)
    }


@contextmanager
def acting(**who: Any) -> Iterator[None]:
    """Name whoever acts until the block ends: ``user`` and ``client`` (numbers), ``request``,
    ``route``, ``command``. Entries written meanwhile carry it."""
    started = _who.set((str(uuid.uuid4()), dict(who)))
    try:
        _tell_database()
        yield
    finally:
        _who.reset(started)
        if not connection.needs_rollback:
            _tell_database()


def also_acting(**who: Any) -> None:
    """Add to who acts, once it is known; without effect outside ``acting``."""
    known = _who.get()
    if known is not None and any(known[1].get(name) != value for name, value in who.items()):
        known[1].update(who)
        _tell_database()


def _tell_database() -> None:
    found = _who.get()
    number, who = found or ("", {})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, false),"
            " set_config('pghistory.context_metadata', %s, false)",
            [number, json.dumps(who) if found else ""],
        )
