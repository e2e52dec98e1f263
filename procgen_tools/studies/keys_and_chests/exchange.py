"""How far does an agent walk for a key, and how far for a chest that it can open?

In made levels (`worlds.keys_and_chests.choices`) there are one key and one chest. The player is
led in with 0 to 3 keys in hand; the frame in which it begins to choose is the same for all of them.
Each level is played twice, with key and chest exchanged. A logistic model of "key first" on the two
distances, fitted for each number of keys in hand, gives the chance at equal distances, and how many
steps farther the key may be until both are equally likely.

What is best: with a key in hand, the chest first, at any distances. Then the reward comes soonest,
and before a time limit that the player does not know; the key is of no use any more. Without a key,
the key first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float, Shaped

from procgen_tools.episodes.memories import first_reached, led
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.statistics.logistic import fit_logistic
from procgen_tools.studies.keys_and_chests.measure import UNTRAINED, Member, kept_row, untrained
from procgen_tools.worlds.keys_and_chests.choices import Choice, make_choices
from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED, Actor

SEED = 50_000
DISTANCES = (2, 4, 6, 8)
KEYS = (0, 1, 2, 3)
STEPS = 40

EQUAL = 5.0
"""The steps to both objects for which the chance 'at equal distances' is computed."""

FARTHEST = 20.0
"""Extra steps are cut here: farther than that was not measured."""

PENALTY = 1e-3

STATISTICS = ("key at equal distances", "extra steps")

NAMES = {KEY: "key", CHEST: "chest", EMPTY: "neither"}

BEST = "chest-if-key"
"""The scripted player that does what is best here."""


def choice_rows(
    player: CnnLstmPolicy | Actor, choices: Sequence[Choice], *, seed: int
) -> pd.DataFrame:
    """What a player reaches first.

    Columns: level, swapped, keys (in hand), key_steps, chest_steps, first ('key', 'chest' or
    'neither'), steps.
    """
    policy = player if isinstance(player, CnnLstmPolicy) else None
    tables = []
    for keys in KEYS:
        for swapped in (False, True):
            order = (CHEST, KEY) if swapped else (KEY, CHEST)
            levels = [
                each.level(dict(zip(each.places, order, strict=True)), keys) for each in choices
            ]
            moment = led(policy, levels, np.stack([each.actions for each in choices]))
            reached = first_reached(player, moment, STEPS, seed=seed + swapped)
            steps = np.array([each.distances for each in choices])
            tables.append(
                pd.DataFrame(
                    {
                        "level": [each.seed for each in choices], "swapped": swapped,
                        "keys": keys, "key_steps": steps[:, int(swapped)],
                        "chest_steps": steps[:, 1 - int(swapped)],
                        "first": [NAMES[int(code)] for code in reached.codes],
                        "steps": reached.steps,
                    }
                )
            )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def choices_table(chosen: Sequence[Member], count: int, *, seed: int) -> pd.DataFrame:
    """`choice_rows` of every agent, of an untrained network, and of the scripted players.

    The untrained network is the one that is chosen under this name, if there is one.
    """
    choices = make_choices(count, distances=DISTANCES, first_seed=SEED)
    players: dict[str, CnnLstmPolicy | Actor] = {member.name: member.policy for member in chosen}
    players.setdefault(UNTRAINED, untrained(chosen[0].policy))
    players |= {name: make(seed) for name, make in SCRIPTED.items()}
    return pd.concat(
        [
            choice_rows(player, choices, seed=seed).assign(agent=name)
            for name, player in players.items()
        ],
        ignore_index=True,
    )


def fitted(
    steps: Float[np.ndarray, "choice 2"], firsts: Shaped[np.ndarray, " choice"]
) -> Float[np.ndarray, "weight=3"]:
    """The weights of the steps to the key and to the chest, and the intercept, of 'key first'.

    Choices of neither are left out. The penalty keeps weights finite for players that always choose
    alike, and two imagined choices, one of each kind at equal distances, keep them defined.
    """
    decided = firsts != "neither"
    centred = np.concatenate([steps[decided] - EQUAL, np.zeros((2, 2))])
    outcomes = np.append((firsts[decided] == "key").astype(np.float64), [0.0, 1.0])
    return fit_logistic(centred, outcomes, PENALTY)


def rates(weights: Float[np.ndarray, "weight=3"]) -> tuple[float, float]:
    """The chance of the key at equal distances, and the extra steps until both are as likely.

    Extra steps are how much farther than a chest 5 steps away the key may be. If a longer way to
    the key does not make it less likely, they are FARTHEST, with the sign of the intercept.

    Example:
        >>> chance, extra = rates(np.array([-0.5, 0.5, 1.0]))
        >>> round(chance, 2), extra
        (0.73, 2.0)
    """
    to_key, _, intercept = weights.tolist()
    chance = 1 / (1 + np.exp(-intercept))
    if to_key >= -1e-9:
        return float(chance), float(np.sign(intercept) * FARTHEST)
    return float(chance), float(np.clip(-intercept / to_key, -FARTHEST, FARTHEST))


def rates_table(choices: pd.DataFrame, resamples: int, *, seed: int) -> pd.DataFrame:
    """Chances and extra steps for each player and number of keys in hand.

    Columns: agent, keys, statistic ('key at equal distances', 'extra steps', 'neither', and for 1
    key 'drop': by how much the chance at equal distances is lower than without a key), value,
    low, high (95%, bootstrap over levels, of `resamples` draws).
    """
    found = []
    for agent, rows in choices.groupby("agent", sort=False):
        equal: dict[int, np.ndarray] = {}
        for keys, of in rows.groupby("keys", sort=True):
            value, samples = _resampled(of, resamples, seed)
            equal[int(keys)] = np.append(samples[:, 0], value[0])
            where = {"agent": agent, "keys": keys}
            for name, number, column in zip(STATISTICS, value, samples.T, strict=True):
                found.append(kept_row(_percentile(number, column), **where, statistic=name))
            share = float((of["first"] == "neither").mean())
            found.append(kept_row(Estimate.exact(share), **where, statistic="neither"))
        drop = equal[0] - equal[1]
        estimate = _percentile(drop[-1], drop[:-1])
        found.append(kept_row(estimate, agent=agent, keys=1, statistic="drop"))
    return pd.DataFrame(found)


def _resampled(
    rows: pd.DataFrame, resamples: int, seed: int
) -> tuple[tuple[float, float], np.ndarray]:
    """The rates, and those of several draws of levels, the same draws for the same levels."""
    steps = rows[["key_steps", "chest_steps"]].to_numpy(np.float64)
    firsts = rows["first"].to_numpy(str)
    levels, place = np.unique(rows["level"], return_inverse=True)
    members = [np.flatnonzero(place == number) for number in range(len(levels))]
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(resamples):
        which = np.concatenate([members[k] for k in rng.integers(len(levels), size=len(levels))])
        samples.append(rates(fitted(steps[which], firsts[which])))
    return rates(fitted(steps, firsts)), np.array(samples)


def _percentile(value: float, samples: np.ndarray) -> Estimate:
    low, high = np.percentile(samples, [2.5, 97.5])
    return Estimate(float(value), float(low), float(high))
