"""Running an import: piece by piece, each piece whole, until done, cancelled or refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from api.access import Caller
from api.bulk import Batch, put_rows
from api.imports import words
from api.imports.models import Import
from api.imports.tables import Table, Unreadable, read_table
from marketplace.errors import Conflict, Problem
from marketplace.firms.selectors import sites_editable_by
from marketplace.firms.viewers import Viewer, viewer_for, viewer_for_organisation
from marketplace.ids import encode

PIECE = 500
MOST_FAULTS = 20_000


def imports_of(caller: Caller) -> QuerySet[Import]:
    """The caller's own files, without their bytes; nobody else's are there for him."""
    return Import.objects.filter(caller=caller.key).defer("content")


def start(
    *,
    caller: Caller,
    side: str,
    form: str,
    content: bytes,
    dry_run: bool,
    chosen: dict[str, str],
    left_out: list[str],
    decimal: str,
) -> Import:
    """Read the file as a table, map its columns, and queue its rows. Raises Unreadable where it
    cannot be taken as a whole and Unmapped for headers that stand for nothing."""
    table = read_table(content, form)
    columns = words.mapping(table.header, chosen=chosen, left_out=left_out, decimal=decimal)
    job = Import.objects.create(
        caller=caller.key,
        client=caller.client,
        user=caller.user,
        side=side,
        form=form,
        dry_run=dry_run,
        content=content,
        chosen=chosen,
        left_out=left_out,
        decimal=decimal,
        rows_total=len(table.rows),
        read_as={
            "encoding": table.encoding,
            "delimiter": table.delimiter,
            "columns": {table.header[n]: field for n, field in columns.columns.items()},
        },
    )
    transaction.on_commit(lambda: run_import.enqueue(job.pk))
    return job


@transaction.atomic
def cancel(job: Import, *, now: datetime) -> Import:
    """No further piece is written; what was written stays. Raises Conflict for an ended import."""
    locked = Import.objects.select_for_update().get(pk=job.pk)
    if locked.ended:
        raise Conflict([Problem("state", "ended", _("The import has ended already."))])
    return _ended(locked, Import.State.CANCELLED, now)


def resume(job: Import) -> None:
    """Queue what an interrupted import has left; running it twice at a time does no harm."""
    if not job.ended:
        transaction.on_commit(lambda: run_import.enqueue(job.pk))


@task()
def run_import(pk: int) -> None:
    """The rest of an import, as work for the queue."""
    run(pk, now=timezone.now)


def run(pk: int, *, now: Callable[[], datetime]) -> None:
    """Write the pieces that are still to come."""
    job = Import.objects.select_related("client__organisation", "user").get(pk=pk)
    if job.ended or job.content is None:
        return
    viewer = _viewer(job)
    try:
        table = read_table(bytes(job.content), job.form)
    except Unreadable as refusal:
        job.failure = refusal.code
        _ended(job, Import.State.FAILED, now())
        return
    columns = words.mapping(
        table.header, chosen=job.chosen, left_out=job.left_out, decimal=job.decimal
    )
    sites = dict(
        sites_editable_by(viewer).exclude(external_id="").values_list("external_id", "uid")
    )
    named = {own: _site_id(uid) for own, uid in sites.items()}
    while _piece(job.pk, table, columns, named, viewer, now):
        pass


def _site_id(uid: Any) -> str:
    return encode("site", uid)


@transaction.atomic
def _piece(
    pk: int,
    table: Table,
    columns: words.Columns,
    sites: dict[str, str],
    viewer: Viewer,
    now: Callable[[], datetime],
) -> bool:
    """Write the next rows and the count of rows done together; whether there is more to do."""
    # Without the file: a piece neither reads nor writes back megabytes that do not change.
    job = Import.objects.select_for_update().defer("content").get(pk=pk)
    if job.ended:
        return False
    first = job.rows_done
    rows = table.rows[first : first + PIECE]
    if not rows:
        _ended(job, Import.State.DONE, now())
        return False
    bodies = [columns.body(row, sites) for row in rows] if table.header else list(rows)
    context = {"viewer": viewer, "takes_uses": job.side == "needs"}
    with transaction.atomic(), translation.override("bg"):
        batch = put_rows(
            bodies, viewer=viewer, side=job.side, context=context, replace_known=True, most=PIECE
        )
        transaction.set_rollback(job.dry_run)
    _count(job, batch, first)
    job.state = Import.State.RUNNING
    job.save()
    return True


def _count(job: Import, batch: Batch, first: int) -> None:
    job.rows_done += len(batch.rows)
    for name in ("created", "updated", "unchanged", "refused"):
        setattr(job, name, getattr(job, name) + batch.count(name))
    room = MOST_FAULTS - len(job.faults)
    # Row numbers are the file's: the header is row 1 of a table, JSONL has none.
    offset = first + (1 if job.form == "jsonl" else 2)
    job.faults += [
        {"row": row.number + offset, "pointer": fault.pointer or "", "code": fault.code,
         "detail": fault.detail}
        for row in batch.rows
        for fault in row.errors
    ][:room]  # fmt: skip


def _ended(job: Import, state: Import.State, now: datetime) -> Import:
    job.state, job.finished_at, job.content = state, now, None
    job.save()
    return job


def _viewer(job: Import) -> Viewer:
    """The rights of the moment, not those of the upload."""
    if job.user is not None:
        return viewer_for(job.user)
    if job.client is None or job.client.revoked_at is not None:
        return Viewer()
    return viewer_for_organisation(job.client.organisation)
