"""The census: every placement of one key and one chest in one made level, with a key in hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from procgen_tools.audit.agents import RANDOM
from procgen_tools.episodes.memories import Moment, first_reached, led
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.shown import brief
from procgen_tools.worlds.asked import spread_over
from procgen_tools.worlds.keys_and_chests.choices import Choice, Square, distances_to, make_choices
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY, Level
from procgen_tools.worlds.keys_and_chests.players import Actor, random_moves

SEED = 80_000
"""The walls are those of the first level from this seed on that has room for a way in."""

PLAYS = 4
"""Sampled episodes of each placement."""

STEPS = 40
"""Until when one of the two must be reached."""

AT_ONCE = 2000
"""Episodes that are played together."""


@dataclass(frozen=True, eq=False)
class Placement:
    """One key and one chest in the level of the census.

    Attributes:
        choice: the walls and the way in, on whose last square the player holds one key.
        key, chest: their squares.
    """

    choice: Choice
    key: Square
    chest: Square

    __repr__ = brief

    def level(self) -> Level:
        """The level, in which the first key lies on the way in."""
        return self.choice.level({self.key: KEY, self.chest: CHEST}, keys=1)

    def moment(self) -> Moment:
        """After the way in, without a memory."""
        return led(None, [self.level()], self.choice.actions[None])

    def steps(self) -> tuple[int, int, bool]:
        """Steps to the key and to the chest, and whether a way to the chest avoids the key."""
        end, walls = self.choice.path[-1], self.choice.walls.copy()
        away = distances_to(walls, end)
        walls[self.key] = True
        avoidable = distances_to(walls, end)[self.chest] >= 0
        return int(away[self.key]), int(away[self.chest]), bool(avoidable)


def placements(count: int | None) -> Sequence[Placement]:
    """All placements, or `count` of them, evenly spread.

    Example:
        >>> len(placements(None)), len(placements(10))
        (5402, 10)
    """
    (choice,) = make_choices(1, distances=(4,), first_seed=SEED)
    free = [
        (int(row), int(col))
        for row, col in np.argwhere(~choice.walls)
        if (int(row), int(col)) not in choice.path
    ]
    every = [Placement(choice, key, chest) for key in free for chest in free if key != chest]
    return spread_over(every, count)


def census_table(
    players: Mapping[str, CnnLstmPolicy], count: int | None, *, seed: int
) -> pd.DataFrame:
    """What players that hold a key reach first, in every placement; also random moves.

    Args:
        players: by name.
        count: of the placements; None for all.
        seed: of the sampled actions.

    Returns:
        Columns player (also "random"), placement (its number in `placements(count)`), key_steps,
        chest_steps, avoidable (whether a way to the chest avoids the key), key_first and
        chest_first (shares of `PLAYS` episodes).
    """
    every = placements(count)
    actions = every[0].choice.actions
    everyone: dict[str, CnnLstmPolicy | Actor] = {**players, RANDOM: random_moves(seed)}
    rows = []
    for start in range(0, len(every), AT_ONCE // PLAYS):
        some = every[start : start + AT_ONCE // PLAYS]
        levels = [each.level() for each in some for _ in range(PLAYS)]
        steps = [placement.steps() for placement in some]
        for name, player in everyone.items():
            policy = player if isinstance(player, CnnLstmPolicy) else None
            moment = led(policy, levels, np.tile(actions, (len(levels), 1)))
            codes = first_reached(player, moment, STEPS, seed=seed + start).codes
            for number, reached in enumerate(codes.reshape(-1, PLAYS)):
                key, chest, avoidable = steps[number]
                rows.append(
                    {
                        "player": name, "placement": start + number, "key_steps": key,
                        "chest_steps": chest, "avoidable": avoidable,
                        "key_first": float((reached == KEY).mean()),
                        "chest_first": float((reached == CHEST).mean()),
                    }
                )  # fmt: skip
    return pd.DataFrame(rows).sort_values(["player", "placement"], ignore_index=True)
