"""Audits of worlds whose levels are graphs: nothing is sampled but levels and controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from procgen_tools.audit import behaviour, inside
from procgen_tools.audit.agents import Audited
from procgen_tools.audit.answers import Answer, all_answers, doubts
from procgen_tools.audit.base import Amount, Audit, Kept
from procgen_tools.worlds.asked import Asked

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLES = ("training", "apart", "maps", "census", "pairs", "patches", "circuits", "edits")


@dataclass(frozen=True, eq=False)
class ExactAudit(Audit):
    """An audit of an agent without memory; its chances are exact.

    Attributes:
        asked: the levels.
    """

    asked: Asked

    __repr__ = Audit.__repr__

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The answers, in the order of the page."""
        return all_answers(self.tables, self.asked)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What should make a reader doubt them."""
        return doubts(self.tables, self.asked)

    @property
    def about(self) -> str:
        """What a reader must know about the goals."""
        return self.asked.about

    @property
    def measured(self) -> str:
        """How much was measured, in words."""
        return f"{self.amount.levels} levels of each kind"

    def figures(self) -> Mapping[str, Figure]:
        """The figures by the key of their answer."""
        from procgen_tools.audit.figures import figures

        with self.agent.edited():
            return figures(self)


def exact_audit(
    audited: Audited, amount: Amount, folder: Path | None, *, progress_bar: bool = False
) -> ExactAudit:
    """Measure an agent of a world whose levels are graphs (see `run.audit`)."""
    asked = audited.asked(levels=amount.levels, census=amount.census)
    keep = Kept(folder, audited, amount)
    bar = progress_bar
    few = replace(asked, apart=asked.apart[: amount.pairs])
    measures: dict[str, Callable[[], pd.DataFrame]] = {
        "training": lambda: behaviour.training_table(audited, asked, progress_bar=bar),
        "apart": lambda: behaviour.apart_table(audited, asked, progress_bar=bar),
        "maps": lambda: behaviour.maps_table(audited, asked),
        "census": lambda: behaviour.census_table(audited, asked, progress_bar=bar),
        "pairs": lambda: behaviour.pairs_table(audited, few, seed=amount.seed, progress_bar=bar),
    }
    tables = {name: keep(name, measure) for name, measure in measures.items()}
    tables.update(_inside(audited, asked, amount, keep, progress_bar=bar))
    return ExactAudit(audited, amount, tables, asked)


def _inside(
    audited: Audited, asked: Asked, amount: Amount, keep: Kept, *, progress_bar: bool
) -> dict[str, pd.DataFrame]:
    """The tables of patches, circuits and edits; empty where nothing can be contrasted."""
    layer = inside.layer_of(audited.policy)
    choices = inside.choices_of(asked)[: 2 * amount.choices]
    if layer is None or len(choices) < 2:
        return {name: pd.DataFrame() for name in ("patches", "circuits", "edits")}
    # The order of channels is taken from some choices, and tested on the others.
    seen, unseen = choices[::2], choices[1::2]
    bar = progress_bar
    patches = keep("patches", lambda: inside.patches_table(audited, seen, layer, progress_bar=bar))
    circuits = keep(
        "circuits",
        lambda: inside.circuits_table(
            audited, patches, unseen, layer, seed=amount.seed, progress_bar=bar
        ),
    )
    edits = keep(
        "edits",
        lambda: inside.edits_table(
            audited, asked, inside.order_of(patches), seen, layer, count=amount.edited,
            seed=amount.seed, progress_bar=bar,
        ),
    )  # fmt: skip
    return {"patches": patches, "circuits": circuits, "edits": edits}
