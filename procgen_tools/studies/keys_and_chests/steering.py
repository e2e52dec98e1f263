"""Does the agent act on what the probe reads? Edits of the cell state, against random directions.

Two directions are used, both from the fitted levels of the test variant: that of the ridge probe of
the cell state (the smallest change that the probe reads as one more key), and the slope of the cell
state on the number of keys, within ticks. Moments of unedited episodes get one edit, in one step,
and the object that is reached next is compared. Whole episodes are played with the reading held.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from procgen_tools.episodes.keys import play, policy_actor
from procgen_tools.episodes.memories import CELL, Moment, first_reached, moment_at
from procgen_tools.interventions import NOTHING, ActivationVector, Add, Hold, Intervention, Reading
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.statistics.intervals import Estimate, mean_over_levels
from procgen_tools.statistics.linear_probes import fit_linear_probe, slope
from procgen_tools.studies.keys_and_chests.inventory import Rows, episodes_of
from procgen_tools.studies.keys_and_chests.measure import Sizes, kept_row
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels

STEERED_SEED, PLAYED_SEED = 30_000, 40_000
TICKS = (30, 60)
"""When episodes are steered."""

STEPS = 30
"""Until when an object must be reached."""

DOSES = (-2.0, -1.0, 1.0, 2.0)
"""Keys that are added to the reading."""

HELD = (0.0, 2.0)
"""Keys at which the reading is held for a whole episode; 'mean' takes the information away."""

DIRECTIONS = ("probe", "slope")


def readings(rows: Rows) -> dict[str, Reading]:
    """The directions of a number of keys in the cell state, by DIRECTIONS.

    Args:
        rows: the fitted levels.
    """
    cells = rows.inputs["cell"].astype(np.float64)
    probe = fit_linear_probe(cells, rows.keys, rows.levels)
    weights = torch.from_numpy(probe.weights).float()
    grown = slope(_within(cells, rows.ticks), _within(rows.keys.astype(np.float64), rows.ticks))
    vector = ActivationVector(CELL, torch.from_numpy(grown).float(), "keys held (slope)")
    examples = torch.from_numpy(cells).float()
    return {
        "probe": Reading(CELL, weights, probe.bias, "keys held (probe)"),
        "slope": Reading.along(vector, examples, float(rows.keys.mean())),
    }


def _within(numbers: np.ndarray, ticks: np.ndarray) -> np.ndarray:
    """Deviations from the mean of the tick."""
    result = numbers.astype(np.float64)
    for tick in np.unique(ticks):
        result[ticks == tick] -= numbers[ticks == tick].mean(axis=0)
    return result


def steering_table(policy: CnnLstmPolicy, rows: Rows, sizes: Sizes, *, seed: int) -> pd.DataFrame:
    """The object that is reached first after an edit in one step, in the test variant.

    Columns: direction, draw (-1: the direction itself, otherwise a random one of its norm),
    statistic ('chest first', 'key first': changes from the unedited share by `dose`; 'effect': the
    share of chests at +1 minus that at -1), dose, value, low, high (95%, bootstrap over levels),
    levels (how many). Rows with the direction 'none' have the unedited shares themselves.
    """
    levels = range(STEERED_SEED, STEERED_SEED + sizes.steered)
    episodes = episodes_of(policy, "test", levels, seed=seed)
    moments = [moment_at(policy, episodes, tick) for tick in TICKS]
    examples = torch.from_numpy(rows.inputs["cell"]).float()

    def reached(edit: Intervention) -> np.ndarray:
        """(tick, level) codes."""
        return np.stack([_codes(policy, moment, edit, seed) for moment in moments])

    plain = reached(NOTHING)
    found = [
        kept_row(_share(plain == code), direction="none", draw=-1, statistic=name, dose=0.0)
        for name, code in (("key first", KEY), ("chest first", CHEST))
    ]
    for direction, own in readings(rows).items():
        for draw in range(-1, sizes.random):
            reading = own if draw < 0 else own.random(examples, seed=seed + draw)
            doses = DOSES if draw < 0 else (-1.0, 1.0)
            codes = {dose: reached(Add(reading.step, dose)) for dose in doses}
            where = {"direction": direction, "draw": draw}
            for dose, edited in codes.items():
                for name, code in (("key first", KEY), ("chest first", CHEST)):
                    change = (edited == code).astype(float) - (plain == code)
                    found.append(kept_row(_share(change), **where, statistic=name, dose=dose))
            effect = (codes[1.0] == CHEST).astype(float) - (codes[-1.0] == CHEST)
            found.append(kept_row(_share(effect), **where, statistic="effect", dose=1.0))
    return pd.DataFrame(found).assign(levels=sizes.steered)


def _codes(policy: CnnLstmPolicy, moment: Moment, edit: Intervention, seed: int) -> np.ndarray:
    return first_reached(policy, moment, STEPS, seed=seed, once=edit).codes


def _share(numbers: np.ndarray) -> Estimate:
    """The mean over ticks and levels, with an interval over levels."""
    return mean_over_levels(numbers.mean(axis=0))


def held_table(policy: CnnLstmPolicy, rows: Rows, sizes: Sizes, *, seed: int) -> pd.DataFrame:
    """Episodes of the test variant in which a reading is held in every step.

    Columns: direction, draw (see `steering_table`), held ('mean', '0', '2'), statistic ('return',
    'keys'), value, low, high: changes from the unedited episodes of the same levels; with the
    direction 'none', the means of those.
    """
    levels = make_levels(range(PLAYED_SEED, PLAYED_SEED + sizes.played), VARIANTS["test"])
    plain = play(policy_actor(policy, seed), levels)
    numbers = {"return": plain.returns, "keys": plain.collected_keys}
    found = [
        kept_row(mean_over_levels(each), direction="none", draw=-1, held="", statistic=name)
        for name, each in numbers.items()
    ]
    for where, edit in _holds(rows, sizes, seed):
        with edit.on(policy):
            edited = play(policy_actor(policy, seed), levels)
        for name, each in (("return", edited.returns), ("keys", edited.collected_keys)):
            change = mean_over_levels(each - numbers[name])
            found.append(kept_row(change, **where, statistic=name))
    return pd.DataFrame(found)


def _holds(rows: Rows, sizes: Sizes, seed: int) -> Iterator[tuple[dict[str, object], Hold]]:
    examples = torch.from_numpy(rows.inputs["cell"]).float()
    for direction, own in readings(rows).items():
        for draw in range(-1, sizes.random_played):
            reading = own if draw < 0 else own.random(examples, seed=seed + draw)
            mean = float(reading.of(examples).mean())
            for name, value in (("mean", mean), *((f"{keys:g}", keys) for keys in HELD)):
                yield {"direction": direction, "draw": draw, "held": name}, Hold(reading, value)
