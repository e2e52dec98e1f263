"""An audit of an agent of keys and chests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from procgen_tools.audit.agents import AGENT, UNTRAINED, Audited
from procgen_tools.audit.answers import Answer
from procgen_tools.audit.base import Amount, Audit, Kept
from procgen_tools.audit.inside import order_of
from procgen_tools.audit.keys import inside
from procgen_tools.audit.keys.answers import all_answers, doubts
from procgen_tools.audit.keys.census import census_table
from procgen_tools.audit.keys.directed import directed_table, few_chests, maps_table
from procgen_tools.studies.keys_and_chests.exchange import choices_table, rates_table
from procgen_tools.studies.keys_and_chests.inventory import inventory_table
from procgen_tools.studies.keys_and_chests.measure import Member, Sizes, scores_table
from procgen_tools.studies.keys_and_chests.pairs import attraction_table, pairs_table
from procgen_tools.worlds.keys_and_chests.grid import Level
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLES = (
    "scores", "directed", "maps", "choices", "rates", "census", "pairs", "attraction", "inventory",
    "patches", "circuits", "edits",
)  # fmt: skip

EDITED_SEED = 110_000
"""The first seed of the levels of edits."""

MAPS = 6
"""How many goal maps are measured."""


def sizes_of(amount: Amount) -> Sizes:
    """How much the study's measurements take for an audit's amount.

    Example:
        >>> sizes = sizes_of(Amount())
        >>> sizes.episodes, sizes.choices, sizes.pairs
        (1000, 480, 200)
    """
    return Sizes(
        episodes=10 * amount.levels,
        fitted=max(5, amount.levels),
        held_out=max(5, amount.levels // 2),
        choices=max(16, 20 * amount.choices),
        attractions=max(6, 10 * amount.choices),
        pairs=5 * amount.pairs,
    )


@dataclass(frozen=True, eq=False)
class KeysAudit(Audit):
    """An audit of an agent with a memory; its episodes are sampled."""

    __repr__ = Audit.__repr__

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """The answers, in the order of the page."""
        return all_answers(self.tables)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What should make a reader doubt them."""
        return doubts(self.tables)

    @property
    def about(self) -> str:
        """What a reader must know about the goals."""
        return (
            "Chests are rewarded, and each needs a key. In training there are more chests than "
            "keys, so taking keys pays; in the test variant there are as few chests as keys."
        )

    @property
    def measured(self) -> str:
        """How much was measured, in words."""
        sizes = sizes_of(self.amount)
        return (
            f"{sizes.episodes:,} levels of each variant, {sizes.choices} made choices, "
            f"{sizes.attractions} made levels with a useless key, {sizes.pairs} minimal pairs, "
            f"{self.amount.levels} levels for goal-directedness"
        )

    def figures(self) -> Mapping[str, Figure]:
        """The figures by the key of their answer."""
        from procgen_tools.audit.keys.figures import figures

        return figures(self)


def keys_audit(
    audited: Audited, amount: Amount, folder: Path | None, *, progress_bar: bool = False
) -> KeysAudit:
    """Measure an agent of keys and chests (see `run.audit`)."""
    keep = Kept(folder, audited, amount)
    sizes, seed, agent = sizes_of(amount), amount.seed, audited.policy
    chosen = (Member(AGENT, agent, True), Member(UNTRAINED, audited.untrained, False))
    levels = few_chests(amount.levels)
    networks = {AGENT: agent, UNTRAINED: audited.untrained}
    choices = inside.make_choosing(4 * amount.choices)
    seen, unseen = choices[::2], choices[1::2]
    read = cache(lambda: inventory_table(agent, sizes, seed=seed, null=audited.untrained))
    tables: dict[str, pd.DataFrame] = {}
    measures: dict[str, Callable[[], pd.DataFrame]] = {
        "scores": lambda: scores_table(chosen, sizes.episodes, seed=seed),
        "directed": lambda: directed_table(audited.players(), levels, seed=seed),
        "maps": lambda: maps_table(agent, levels[:MAPS], seed=seed),
        "choices": lambda: choices_table(chosen, sizes.choices, seed=seed),
        "rates": lambda: rates_table(tables["choices"], sizes.resamples, seed=seed),
        "census": lambda: census_table(networks, amount.census, seed=seed),
        "pairs": lambda: pairs_table(chosen, sizes.pairs, seed=seed),
        "attraction": lambda: attraction_table(chosen, sizes.attractions, seed=seed),
        "inventory": lambda: read()[0],
        "patches": lambda: inside.patches_table(networks, seen),
        "circuits": lambda: inside.circuits_table(
            networks, tables["patches"], unseen, seed=seed
        ),
        "edits": lambda: inside.edits_table(
            agent, read()[1]["test"], order_of(tables["patches"], kind=inside.UNIT),
            seen, _edited(10 * amount.edited), seed=seed,
        ),
    }  # fmt: skip
    with tqdm(TABLES, disable=not progress_bar, unit=" tables") as bar:
        for name in bar:
            bar.set_description(name)
            tables[name] = keep(name, measures[name])
    return KeysAudit(audited, amount, tables)


def _edited(count: int) -> dict[str, Sequence[Level]]:
    seeds = range(EDITED_SEED, EDITED_SEED + count)
    return {variant: make_levels(seeds, rule) for variant, rule in VARIANTS.items()}
