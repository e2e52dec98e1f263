"""Returns, hidden returns and keys of players of keys and chests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from procgen_tools.evaluation.keys import FIGURES, ORIGINAL, Score
from procgen_tools.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOOKS = {
    "return": style.Look("#D55E00", "s"),
    "hidden_return": style.Look("#CC79A7", "D"),
    "keys": style.Look("#E69F00", "o"),
}
"""Chests, hidden chests and keys."""

_WORDS = {"return": "chests opened", "hidden_return": "hidden chests opened", "keys": "keys taken"}


def plot_scores(scores: Sequence[Score]) -> Figure:
    """One panel per variant, one row per player, with intervals and the original's figures.

    Args:
        scores: of the same players in each variant.

    Raises:
        ValueError: no scores.
    """
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    if not scores:
        raise ValueError("there are no scores to draw: evaluate one player or more")
    variants = list(dict.fromkeys(score.variant for score in scores))
    rows = list(dict.fromkeys((score.player, score.choice) for score in scores))
    figure, axes = plt.subplots(
        1, len(variants), figsize=(4.6 * len(variants) + 1.6, 0.42 * len(rows) + 1.6),
        sharey=True, squeeze=False, layout="constrained",
    )  # fmt: skip
    for ax, variant in zip(axes[0], variants, strict=True):
        for score in scores:
            if score.variant != variant:
                continue
            row = len(rows) - 1 - rows.index((score.player, score.choice))
            known = ORIGINAL.get((score.player, variant, score.choice), ())
            for number, (name, estimate) in enumerate(score.estimates().items()):
                look, height = LOOKS[name], row + 0.22 * (1 - number)
                ax.errorbar(
                    estimate.value, height,
                    xerr=[[estimate.value - estimate.low], [estimate.high - estimate.value]],
                    fmt=look.marker, color=look.colour, markersize=5, elinewidth=1.4,
                )  # fmt: skip
                if number < len(known):
                    ax.plot(known[number], height, "|", color=style.INK, markersize=13)
        ax.set_title(f"{variant} variant", fontsize=10)
        ax.set_xlabel("per episode")
        ax.set_xlim(0, None)
        ax.grid(axis="x", alpha=0.3)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_yticks(
        range(len(rows)), [f"{player}, {choice}" for player, choice in reversed(rows)]
    )
    handles = [
        Line2D([], [], color=LOOKS[name].colour, marker=LOOKS[name].marker, linestyle="",
                   label=_WORDS[name])
        for name in FIGURES
    ]  # fmt: skip
    handles.append(
        Line2D([], [], color=style.INK, marker="|", linestyle="", label="original program")
    )
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure
