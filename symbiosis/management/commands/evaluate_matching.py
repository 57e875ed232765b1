from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser
from numpy.typing import NDArray

from marketplace.catalogue.knowledge import load_knowledge
from symbiosis.core.text.evaluation import (
    CUTS,
    Estimate,
    first_hits,
    quality,
    trigram_baseline,
    word_baseline,
)
from symbiosis.core.text.ranking import ListingText, Ranker, Role
from symbiosis.lexicon import current_ranker, without_widened
from symbiosis.text_files import LANGUAGES, Exchange, FileProblem, read_exchanges

Scores = NDArray[np.float32]


class Command(BaseCommand):
    help = "Measure the ranking on documented exchanges beside plain baselines; no database."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("gold", type=Path, help="CSV of exchanges with texts of both sides")
        parser.add_argument("--lang", choices=LANGUAGES, help="one language (default: both)")
        parser.add_argument(
            "--without-widened",
            action="store_true",
            help="leave out concepts added once the development exchanges had been measured",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        languages = [options["lang"]] if options["lang"] else LANGUAGES
        try:
            files = {language: read_exchanges(options["gold"], language) for language in languages}
        except FileProblem as error:
            raise CommandError(str(error)) from error
        ranker = current_ranker()
        if options["without_widened"]:
            ranker = Ranker(without_widened(ranker.lexicon, load_knowledge()))
        for language, exchanges in files.items():
            self._report(language, exchanges, _all_scores(ranker, exchanges))

    def _report(
        self, language: str, exchanges: Sequence[Exchange], methods: Mapping[str, Scores]
    ) -> None:
        self.stdout.write(f"\n{language}: {len(exchanges)} exchanges, {len(exchanges)} needs")
        heads = "".join(f"{f'recall@{cut}':>20}" for cut in CUTS)
        self.stdout.write(f"{'':42}{'n':>5}{heads}{'MRR':>20}")
        ids = [exchange.id for exchange in exchanges]
        groups = [exchange.group for exchange in exchanges]
        for name, scores in methods.items():
            for kind, labels in (("groups", groups), ("single", ids)):
                ranks = first_hits(scores, labels, labels)
                self._line(f"{name}, {kind}", ranks)
                if name.startswith("knowledge") and kind == "groups":
                    self._by_pillar(name, exchanges, ranks)

    def _by_pillar(
        self, name: str, exchanges: Sequence[Exchange], ranks: NDArray[np.int64]
    ) -> None:
        pillars = np.array([exchange.pillar for exchange in exchanges])
        for pillar in sorted(set(pillars)):
            self._line(f"  {pillar}", ranks[pillars == pillar])

    def _line(self, name: str, ranks: NDArray[np.int64]) -> None:
        found = quality(ranks)
        cells = "".join(f"{_cell(found.recall[cut]):>20}" for cut in CUTS)
        self.stdout.write(f"{name:42}{found.count:>5}{cells}{_cell(found.reciprocal_rank):>20}")


def _all_scores(ranker: Ranker, exchanges: Sequence[Exchange]) -> dict[str, Scores]:
    """Scores of each method, the product's first."""
    offers = [exchange.offer.text for exchange in exchanges]
    needs = [exchange.need.text for exchange in exchanges]
    return {
        "knowledge, text only": _scores(ranker, exchanges, context=False),
        "knowledge, with code and NACE": _scores(ranker, exchanges, context=True),
        "baseline TF-IDF": word_baseline(offers, needs),
        "baseline trigrams": trigram_baseline(offers, needs),
    }


def _scores(ranker: Ranker, exchanges: Sequence[Exchange], *, context: bool) -> Scores:
    def side(listing: ListingText) -> ListingText:
        return listing if context else ListingText(listing.id, listing.text)

    offers = ranker.read([side(exchange.offer) for exchange in exchanges], Role.OFFER)
    needs = ranker.read([side(exchange.need) for exchange in exchanges], Role.NEED)
    return np.concatenate([block for _, block in ranker.scores(offers, needs)])


def _cell(estimate: Estimate) -> str:
    return f"{estimate.value:.2f} ({estimate.low:.2f}-{estimate.high:.2f})"
