from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django_rich.management import RichCommand
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from geo.planner import count_anew
from symbiosis.errors import MatchingBusy
from symbiosis.jobs import match_the_market
from symbiosis.models import MatchRun, NeedPrice, OfferPrice, Proposal
from symbiosis.services import run_matching


class Command(RichCommand):
    help = "Allocate the whole market, verify the plan and save its proposals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="judge windows by this day (default: today)"
        )
        parser.add_argument(
            "--if-needed", action="store_true", help="do nothing where a run has been saved"
        )

        parser.add_argument(
            "--queue", action="store_true", help="leave it to a worker of the task queue"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["if_needed"] and MatchRun.objects.filter(status="saved").exists():
            self.stdout.write("The market is already matched.")
            return
        as_of = options["as_of"] or timezone.localdate()
        if options["queue"]:
            queued = match_the_market.enqueue(as_of.isoformat())
            self.stdout.write(f"Queued as task {queued.id}.")
            return
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=self.console,
        ) as progress:
            step = progress.add_task("Matching")
            try:
                summary = run_matching(
                    as_of=as_of,
                    now=timezone.now,
                    on_progress=lambda text: progress.update(step, description=text),
                )
            except MatchingBusy as error:
                raise CommandError("Another match run is under way; try again later.") from error
        count_anew(Proposal, OfferPrice, NeedPrice)
        for run in (summary.posted, summary.inferred):
            self.stdout.write(
                f"{run.scope.capitalize()}: {run.offer_count:,} offers, {run.need_count:,} needs, "
                f"{run.arc_count:,} pairs listed; {run.proposal_count:,} proposals, "
                f"{run.cross_region_count:,} of them between regions; value EUR "
                f"{run.objective / 100:,.0f}; " + _certificate(run)
            )


def _certificate(run: MatchRun) -> str:
    """What is proven of the plan, in words."""
    pairs = "every compatible pair" if run.over_all_pairs else "the pairs listed"
    if run.gap_percent == 0:
        return f"proven optimal over {pairs}."
    return f"within {run.gap_percent} % of the proven bound over {pairs}."
