"""Learn the weights of the text engine again, and say what each set gives when left out.

Listwise maximum likelihood: the share of probability that a softmax over all needs of a set gives
to the needs of the offer's group, over both languages at once, with a normal prior around the
weights in use (in logarithms), so that what the data does not say stays as it is. First the weights
of text alone, then, these fixed, those of waste code and activity.

    python -m bench.fit_text_weights EXCHANGES.csv [MORE.csv ...] [--folds 5] [--seed 7]

Prints the weights in the form of ``symbiosis/core/text/weights.py``, then recall of held-out
groups: each file left out whole, and folds of groups over all files.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from symbiosis.core.text.evaluation import CUTS, first_hits
from symbiosis.core.text.index import View
from symbiosis.core.text.ranking import TAKEN_FLOOR, ListingText, Ranker, Role
from symbiosis.core.text.terms import unit_rows
from symbiosis.core.text.weights import ConceptWeights, PairWeights
from symbiosis.lexicon import current_ranker
from symbiosis.text_files import LANGUAGES, Exchange, read_exchanges

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

PRIOR = 0.02
"""Weight of the squared distance (in logarithms) from the weights in use."""

TEXT = (
    *(f"offer.{view.name.lower()}" for view in View),
    *(f"need.{view.name.lower()}" for view in View),
    "use_offered", "stream_needed",
    "graph", "crowd", "words", "letters", "taking", "floor", "unsaid",
)  # fmt: skip
CONTEXT = ("code", "gives", "asks", "activity")


@dataclass(frozen=True)
class Side:
    """One side of a set in one language: each view's evidence, and what code and trade add."""

    views: list[Floats]
    bias: Floats
    added: dict[str, Floats]

    def concepts(
        self, weights: Sequence[float], bias: float, context: dict[str, float]
    ) -> csr_array:
        """As ``Ranker.read`` has it: probabilities of the likeliest concepts, the rest zero."""
        odds = self.bias * np.float32(bias)
        for view, weight in zip(self.views, weights, strict=True):
            odds = odds + np.float32(weight) * view
        for name, weight in context.items():
            if name in self.added:
                odds = odds + np.float32(weight) * self.added[name]
        kept = ConceptWeights().kept
        edge = np.partition(odds, odds.shape[1] - kept, axis=1)[:, -kept][:, None]
        share = np.exp(odds - odds.max(axis=1, keepdims=True)) - ConceptWeights().least
        share = np.where(odds >= edge, np.maximum(share, 0.0), 0.0)
        return csr_array((share / share.sum(axis=1, keepdims=True)).astype(np.float32))


@dataclass(frozen=True)
class Block:
    """One set of exchanges in one language, read once."""

    offer: Side
    need: Side
    words: Floats
    letters: Floats
    said: Floats
    taken: Floats
    groups: NDArray[np.str_]
    affinity: Floats
    streams: Floats

    def scores(self, weights: dict[str, float], context: dict[str, float]) -> Floats:
        """(offers x needs) log odds under the weights."""
        offers = self.offer.concepts(
            [weights[f"offer.{view.name.lower()}"] for view in View],
            weights["use_offered"],
            context,
        )
        needs = self.need.concepts(
            [weights[f"need.{view.name.lower()}"] for view in View],
            weights["stream_needed"],
            context,
        )
        served = needs @ (self.streams @ self.affinity / self.streams.sum())
        reach = (needs @ (offers @ self.affinity).T).T
        found: Floats = weights["graph"] * np.log(reach + weights["floor"])
        found -= weights["crowd"] * np.log(served + weights["floor"])[None, :]
        found += weights["words"] * self.words + weights["letters"] * self.letters
        found += weights["taking"] * np.log(offers @ self.said + weights["unsaid"])
        if context:
            usual = np.log(self.streams @ self.taken / self.streams.sum() + TAKEN_FLOOR)
            found += context["activity"] * (np.log(offers @ self.taken + TAKEN_FLOOR) - usual)
        return found


def read_block(ranker: Ranker, exchanges: Sequence[Exchange]) -> Block:
    """Everything of a set that does not depend on a weight being learned."""
    offers = _side(ranker, [each.offer for each in exchanges], Role.OFFER)
    needs = _side(ranker, [each.need for each in exchanges], Role.NEED)
    offer_read = ranker.read([ListingText("", each.offer.text) for each in exchanges], Role.OFFER)
    need_read = ranker.read([ListingText("", each.need.text) for each in exchanges], Role.NEED)
    need_words = unit_rows(need_read.texts.terms).T
    takes = ranker.activities.takes([each.need.activity for each in exchanges])
    return Block(
        offers,
        needs,
        (unit_rows(offer_read.texts.terms) @ need_words).toarray().astype(np.float32),
        (offer_read.texts.letters @ need_read.texts.letters.T).toarray().astype(np.float32),
        (ranker.index.taking @ need_words).toarray().astype(np.float32),
        np.ascontiguousarray(takes.T),
        np.array([each.group for each in exchanges]),
        ranker.affinity.full,
        (~ranker.uses).astype(np.float32),
    )


def _side(ranker: Ranker, listings: Sequence[ListingText], role: Role) -> Side:
    weights = ranker.concept_weights
    tail = weights.tail_offered if role is Role.OFFER else weights.tail_needed
    texts = ranker.index.read([each.text for each in listings], tail=tail)
    views = []
    for view in View:
        alone = [1.0 if other is view else 0.0 for other in View]
        views.append(np.concatenate([odds for _, odds in ranker.index.log_odds(texts, alone)]))
    activities = [each.activity for each in listings]
    gives = role is Role.OFFER
    look_up = ranker.activities.gives if gives else ranker.activities.asks
    added = {"gives" if gives else "asks": look_up(activities)}
    if gives:
        added["code"] = ranker.activities.coded([each.code for each in listings])
    bias = ranker.uses if gives else ~ranker.uses
    return Side(views, np.broadcast_to(bias, views[0].shape).astype(np.float32), added)


def loss(
    blocks: Sequence[tuple[Block, NDArray[np.bool_]]],
    weights: dict[str, float],
    context: dict[str, float],
) -> float:
    """Mean of -log of the probability on right needs, over the offers marked for learning."""
    total, count = 0.0, 0
    for block, taught in blocks:
        scores = block.scores(weights, context)[taught].astype(np.float64)
        right = block.groups[taught][:, None] == block.groups[None, :]
        top = scores.max(axis=1, keepdims=True)
        odds = np.exp(scores - top)
        total -= float(np.log((odds * right).sum(axis=1) / odds.sum(axis=1)).sum())
        count += int(taught.sum())
    return total / max(count, 1)


def _now() -> tuple[dict[str, float], dict[str, float]]:
    concept, pair = ConceptWeights(), PairWeights()
    text = dict(zip(TEXT, (*concept.offer, *concept.need), strict=False))
    text |= {name: float(getattr(concept, name)) for name in ("use_offered", "stream_needed")}
    text |= {name: float(getattr(pair, name)) for name in TEXT[12:]}
    context = {"code": concept.code, "gives": concept.activity, "asks": concept.activity_asked}
    return text, context | {"activity": pair.activity}


def learn(
    blocks: Sequence[tuple[Block, NDArray[np.bool_]]], *, steps: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Weights of text, then of context, from the blocks' marked offers."""
    text, context = _now()
    text = _fit(text, lambda given: loss(blocks, given, {}), steps)
    context = _fit(context, lambda given: loss(blocks, text, given), steps)
    return text, context


def _fit(start: dict[str, float], cost, steps: int) -> dict[str, float]:  # type: ignore[no-untyped-def]
    names = list(start)
    signs = np.array([np.sign(start[name]) for name in names])
    at = np.log(np.abs([start[name] for name in names]))

    def target(place: Doubles) -> float:
        given = dict(zip(names, (signs * np.exp(place)).tolist(), strict=True))
        return float(cost(given) + PRIOR * np.sum((place - at) ** 2))

    found = minimize(target, at, method="L-BFGS-B", options={"maxiter": steps, "eps": 1e-3})
    return dict(zip(names, (signs * np.exp(found.x)).tolist(), strict=True))


def _recalls(scores: Floats, groups: NDArray[np.str_], asked: NDArray[np.bool_]) -> Doubles:
    ranks = first_hits(scores[asked], groups[asked].tolist(), groups.tolist())
    return np.array([(ranks <= cut).sum() for cut in CUTS], dtype=float)


def held_out(
    sets: dict[str, dict[str, Block]], marks: dict[str, NDArray[np.bool_]], *, steps: int
) -> dict[tuple[str, str, bool], Doubles]:
    """Hits at each cut of the marked offers (by set, language, context), learned without them."""
    taught = [(block, ~marks[name]) for name, langs in sets.items() for block in langs.values()]
    text, context = learn([each for each in taught if each[1].any()], steps=steps)
    found = {}
    for name, langs in sets.items():
        for language, block in langs.items():
            for known in (False, True):
                scores = block.scores(text, context if known else {})
                found[name, language, known] = _recalls(scores, block.groups, marks[name])
    return found


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _report(title: str, hits: dict[tuple[str, str, bool], Doubles], counts: dict[str, int]) -> None:
    for (name, language, known), found in hits.items():
        if counts[name]:
            cells = "  ".join(f"{value / counts[name]:.2f}" for value in found)
            kind = "with code and NACE" if known else "text only"
            _say(f"{title:28}{name:28}{language:4}{kind:20}{cells}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    ranker = current_ranker()
    sets = {
        path.stem: {lang: read_block(ranker, read_exchanges(path, lang)) for lang in LANGUAGES}
        for path in options.files
    }
    first = {name: langs[LANGUAGES[0]].groups for name, langs in sets.items()}
    none = {name: np.zeros(len(groups), bool) for name, groups in first.items()}
    every = [(block, ~none[name]) for name, langs in sets.items() for block in langs.values()]
    text, context = learn(every, steps=options.steps)
    for name, value in (text | context).items():
        _say(f"{name:16}{value:10.4g}")
    counts = {name: len(groups) for name, groups in first.items()}
    now = _now()
    for title, (words, trade) in (("in use", now), ("learned on all", (text, context))):
        hits = {
            (name, lang, known): _recalls(
                block.scores(words, trade if known else {}), block.groups, ~none[name]
            )
            for name, langs in sets.items()
            for lang, block in langs.items()
            for known in (False, True)
        }
        _report(title, hits, counts)
    for left in sets:
        marks = none | {left: ~none[left]}
        only = {name: int(marks[name].sum()) for name in sets}
        _report("file left out", held_out(sets, marks, steps=options.steps), only)
    rng = np.random.default_rng(options.seed)
    labels = sorted({f"{name}/{group}" for name, groups in first.items() for group in groups})
    fold = dict(zip(labels, rng.permutation(len(labels)) % options.folds, strict=True))
    total: dict[tuple[str, str, bool], Doubles] = {}
    for number in range(options.folds):
        marks = {
            name: np.array([fold[f"{name}/{group}"] == number for group in groups])
            for name, groups in first.items()
        }
        for key, hits in held_out(sets, marks, steps=options.steps).items():
            total[key] = total.get(key, np.zeros(len(CUTS))) + hits
    _report(f"{options.folds} folds of groups", total, counts)


if __name__ == "__main__":
    main()
