"""Batch work for the queue: any worker of the Tasks API runs it, whichever backend is set."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from django_tasks import task

from symbiosis.services import run_matching


@task(queue_name="matching")
def match_the_market(as_of: str) -> dict[str, Any]:
    """Allocate the whole market as of a day (ISO date); what came of it, for the task's record."""
    summary = run_matching(as_of=date.fromisoformat(as_of), now=timezone.now)
    return {
        run.scope: {"run": run.pk, "proposals": run.proposal_count, "objective": int(run.objective)}
        for run in (summary.posted, summary.inferred)
    }
