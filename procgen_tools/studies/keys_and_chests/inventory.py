"""Is the number of keys, which no frame shows, in the memory?

Linear probes are fitted to the memories of one set of levels and tested on another. Each has
baselines that see the same steps: an untrained network of the same shape, the last frame, the
number of steps, and keys that were shuffled among levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from procgen_tools.episodes.keys import KeyEpisodes, play, policy_actor
from procgen_tools.episodes.memories import CELL, HIDDEN, Memories, remember
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.shown import brief
from procgen_tools.statistics.linear_probes import (
    determination,
    determination_gain,
    fit_linear_probe,
    ranking,
)
from procgen_tools.statistics.probes import fit_probe
from procgen_tools.studies.keys_and_chests.measure import Sizes, kept_row, untrained
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels

EVERY = 5
"""Ticks between recorded memories."""

SPANS = ((0, 25), (25, 50), (50, 75), (75, 100), (100, 130))
"""Ticks of the panels by step."""

FITTED_SEED, HELD_OUT_SEED = 10_000, 20_000

INPUTS = ("cell", "hidden", "both")
NULLS = ("untrained", "frame", "ticks", "shuffled")
MAIN = "both"


@dataclass(frozen=True, eq=False)
class Rows:
    """Steps of one set of levels, one row per step.

    Attributes:
        inputs: by name, (row, feature).
        keys, ticks, levels: (row,).
    """

    inputs: Mapping[str, np.ndarray]
    keys: np.ndarray
    ticks: np.ndarray
    levels: np.ndarray

    __repr__ = brief


def episodes_of(policy: CnnLstmPolicy, variant: str, seeds: range, *, seed: int) -> KeyEpisodes:
    """Episodes that an agent plays, with sampled actions."""
    return play(policy_actor(policy, seed), make_levels(seeds, VARIANTS[variant]))


def rows_of(policy: CnnLstmPolicy, null: CnnLstmPolicy, episodes: KeyEpisodes) -> Rows:
    """The memories of an agent and of an untrained network, and all that the baselines see."""
    own = remember(policy, episodes, every=EVERY)
    other = remember(null, episodes, every=EVERY)
    levels, ticks = np.meshgrid(np.arange(len(episodes)), own.ticks, indexing="ij")
    inputs = {
        "cell": _flat(own.activations[CELL]),
        "hidden": _flat(own.activations[HIDDEN]),
        "both": _both(own),
        "untrained": _both(other),
        "frame": _flat(own.frames).astype(np.float32),
        "ticks": (ticks.ravel()[:, None] == own.ticks).astype(np.float64),
    }
    return Rows(inputs, own.keys.ravel(), ticks.ravel(), levels.ravel())


def inventory_table(
    policy: CnnLstmPolicy, sizes: Sizes, *, seed: int, null: CnnLstmPolicy | None = None
) -> tuple[pd.DataFrame, Mapping[str, Rows]]:
    """How well keys, and whether a chest could be opened, are read, and the rows that were fitted.

    Columns: fitted (variant), tested (variant), inputs, statistic ('R2', 'gain over ...', 'AUC'),
    span (ticks, or 'all'), value, low, high (95%, bootstrap over held-out levels), levels (how
    many). The shuffled baseline is of the inputs 'both'. `null` is the untrained network; it
    defaults to `measure.untrained` of the policy.
    """
    null = untrained(policy) if null is None else null
    fitted, held_out = (
        {
            variant: rows_of(policy, null, episodes_of(policy, variant, seeds, seed=seed))
            for variant in VARIANTS
        }
        for seeds in (
            range(FITTED_SEED, FITTED_SEED + sizes.fitted),
            range(HELD_OUT_SEED, HELD_OUT_SEED + sizes.held_out),
        )
    )
    found = []
    for trained_on, rows in fitted.items():
        probes = {name: fit_linear_probe(rows.inputs[name], rows.keys, rows.levels)
                  for name in (*INPUTS, *NULLS[:-1])}  # fmt: skip
        shuffled = fit_linear_probe(rows.inputs[MAIN], _shuffled(rows, seed), rows.levels)
        chance = {
            name: fit_probe(rows.inputs[name], rows.keys > 0, strengths=(1e-3,), seed=seed)
            for name in (MAIN, "untrained", "frame", "ticks")
        }
        for tested_on, test in held_out.items():
            where = {"fitted": trained_on, "tested": tested_on}
            guesses = {name: probe.predict(test.inputs[name]) for name, probe in probes.items()}
            guesses["shuffled"] = shuffled.predict(test.inputs[MAIN])
            found += _determinations(test, guesses, where)
            for name, classifier in chance.items():
                scores = classifier.scores(test.inputs[name])[:, 1]
                area = ranking(test.keys > 0, scores, test.levels, seed=seed)
                found.append(kept_row(area, **where, inputs=name, statistic="AUC", span="all"))
    return pd.DataFrame(found).assign(levels=sizes.held_out), fitted


def _determinations(
    test: Rows, guesses: Mapping[str, np.ndarray], where: Mapping[str, str]
) -> list[dict[str, object]]:
    found = []
    for name, guess in guesses.items():
        numbers = determination(test.keys, guess, test.levels)
        found.append(kept_row(numbers, **where, inputs=name, statistic="R2", span="all"))
        for low, high in SPANS:
            now = (test.ticks >= low) & (test.ticks < high)
            numbers = determination(test.keys[now], guess[now], test.levels[now])
            found.append(
                kept_row(numbers, **where, inputs=name, statistic="R2", span=f"{low}-{high}")
            )
    for null in NULLS:
        gain = determination_gain(test.keys, guesses[MAIN], guesses[null], test.levels)
        found.append(
            kept_row(gain, **where, inputs=MAIN, statistic=f"gain over {null}", span="all")
        )
    return found


def _both(memories: Memories) -> np.ndarray:
    return np.concatenate(
        [_flat(memories.activations[CELL]), _flat(memories.activations[HIDDEN])], axis=1
    )


def _flat(values: np.ndarray) -> np.ndarray:
    return values.reshape(-1, values.shape[-1])


def _shuffled(rows: Rows, seed: int) -> np.ndarray:
    """The keys of another level at the same tick."""
    count = int(rows.levels.max()) + 1
    by_level = rows.keys.reshape(count, -1)
    shuffled: np.ndarray = by_level[np.random.default_rng(seed).permutation(count)].ravel()
    return shuffled
