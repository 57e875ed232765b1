"""Is a concept's stated probability the share of times it is right? Prints knots, draws the plot.

Half of the texts are names that the index was built without, half are names it has; every second
one has a letter left out, every second one stands beside the name of a trade that has the stream.
Every second pair of texts fits the isotonic curve, the others test it; no exchange is used.

    python -m bench.text_reliability docs/algorithms/text-reliability.svg
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from symbiosis.core.text.calibration import calibrated, expected_error, isotonic_knots
from symbiosis.core.text.lexicon import Lexicon, TextConcept
from symbiosis.core.text.ranking import ListingText, Ranker, Role
from symbiosis.lexicon import current_lexicon


def held_out(lexicon: Lexicon, rng: random.Random) -> tuple[Lexicon, list[tuple[str, int]]]:
    """The lexicon without some names, and (text, row of the right concept) for those and others."""
    kept: list[TextConcept] = []
    texts: list[tuple[str, int]] = []
    for row, concept in enumerate(lexicon.concepts):
        names = {"en": list(concept.names_en), "bg": list(concept.names_bg)}
        for language, known in names.items():
            if len(known) < 4 or concept.is_use:
                continue
            taken = known.pop(rng.randrange(1, len(known)))
            pair = (taken, rng.choice(known))
            texts += [(_noisy(name, language, concept, lexicon, rng), row) for name in pair]
        kept.append(replace(concept, names_en=tuple(names["en"]), names_bg=tuple(names["bg"])))
    return replace(lexicon, concepts=tuple(kept)), texts


def _noisy(
    name: str, language: str, concept: TextConcept, lexicon: Lexicon, rng: random.Random
) -> str:
    if rng.random() < 0.5 and len(name) > 7:
        at = rng.randrange(1, len(name) - 1)
        name = name[:at] + name[at + 1 :]
    trades = [p for p in lexicon.profiles if concept.id in {stream for stream, _ in p.outputs}]
    if trades and rng.random() < 0.5:
        trade = rng.choice(trades)
        name += f" от {trade.name_bg}" if language == "bg" else f" from {trade.name_en}"
    return name


def main(target: Path) -> None:
    lexicon, texts = held_out(current_lexicon(), random.Random(11))  # noqa: S311
    ranker = Ranker(lexicon)
    read = ranker.read([ListingText("", text) for text, _ in texts], Role.OFFER)
    given = read.concepts.toarray()
    top = np.argsort(-given, axis=1)[:, :5]
    stated = np.take_along_axis(given, top, axis=1)
    hits = (top == np.array([row for _, row in texts])[:, None]).astype(float)
    sys.stdout.write(
        f"{len(texts)} texts: first right {hits[:, 0].mean():.3f}, "
        f"in first five {hits.any(axis=1).mean():.3f}\n"
    )
    odd = np.arange(len(texts)) // 2 % 2 == 1
    knots = isotonic_knots(stated[odd].ravel(), hits[odd].ravel())
    test, right = stated[~odd].ravel(), hits[~odd].ravel()
    read_off = calibrated(test, knots)
    sys.stdout.write(
        f"expected calibration error on the other half: raw {expected_error(test, right):.3f}, "
        f"calibrated {expected_error(read_off, right):.3f}\n"
    )
    for score, share in knots:
        sys.stdout.write(f"    ({score:.3f}, {share:.3f}),\n")
    draw(target, {"raw": test, "calibrated": read_off}, right)


def draw(target: Path, shares: dict[str, np.ndarray], hits: np.ndarray) -> None:
    """Stated against seen shares, ten bins of equal width."""
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, stated in shares.items():
        place = np.minimum((stated * 10).astype(int), 9)
        bins = [n for n in range(10) if (place == n).sum() >= 10]
        axes.plot(
            [stated[place == n].mean() for n in bins],
            [hits[place == n].mean() for n in bins],
            marker="o",
            label=name,
        )
    axes.set(xlabel="stated probability", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    figure.tight_layout()
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
