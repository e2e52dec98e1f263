"""Minimal pairs: levels that differ in one object, or in the use of a key.

Attraction: in made levels, one square has a key or nothing. The key is useful (no key in hand, a
chest far away), or useless: the player holds a key for the only chest already, or there is no
chest. The attraction of a key is how much more often its square is reached than when it is empty.

Changes: in levels of the test variant, the nearest key or chest is taken away, the key is moved
away, or one is added. The controls change as much elsewhere: the farthest key or chest is taken
away, or a wall far away is opened. Levels before and after share their random numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float

from procgen_tools.episodes.keys import play, policy_actor
from procgen_tools.episodes.memories import Moment, led, reaches
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.statistics.intervals import mean_over_levels
from procgen_tools.studies.keys_and_chests.measure import UNTRAINED, Member, kept_row, untrained
from procgen_tools.worlds.keys_and_chests.choices import Choice, distances_to, make_choices
from procgen_tools.worlds.keys_and_chests.grid import CHEST, EMPTY, KEY, WALL, Level
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED, Actor

Player: TypeAlias = CnnLstmPolicy | Callable[[int], Actor]
"""A policy, or what makes a scripted player of a seed."""

ATTRACTION_SEED, PAIRS_SEED = 60_000, 70_000
DISTANCES = (2, 4)
FAR = 6
"""The chest of an attraction is more than this many steps from the player and from the key."""

STEPS = 10
"""Until when the key must be reached: too soon to have opened the chest before."""

KINDS = {"useful": (0, True), "useless: key in hand": (1, True), "useless: no chest": (0, False)}
"""Keys in hand, and whether there is a chest."""

ADDED_STEPS = 3
"""Steps from the player to an object that is added."""


def attraction_table(chosen: Sequence[Member], count: int, *, seed: int) -> pd.DataFrame:
    """How much more often a square is reached because of a key on it.

    The untrained network is the one that is chosen under this name, if there is one.

    Columns: agent, kind (of KINDS), statistic ('with key', 'without', 'attraction'), value, low,
    high (95%, bootstrap over levels), levels (how many).
    """
    choices = [
        each
        for each in make_choices(3 * count, distances=DISTANCES, first_seed=ATTRACTION_SEED)
        if each.free(FAR)
    ][:count]
    players: dict[str, Player] = {member.name: member.policy for member in chosen}
    players.setdefault(UNTRAINED, untrained(chosen[0].policy))
    players |= SCRIPTED
    found = []
    for agent, player in players.items():
        for kind, (keys, has_chest) in KINDS.items():
            there = {
                code: _reached(player, choices, code, keys, has_chest, seed)
                for code in (KEY, EMPTY)
            }
            numbers = {
                "with key": there[KEY], "without": there[EMPTY],
                "attraction": there[KEY] - there[EMPTY],
            }  # fmt: skip
            found += [
                kept_row(mean_over_levels(each), agent=agent, kind=kind, statistic=name)
                for name, each in numbers.items()
            ]
    return pd.DataFrame(found).assign(levels=len(choices))


def _reached(
    player: Player, choices: Sequence[Choice], code: int, keys: int,
    has_chest: bool, seed: int,
) -> np.ndarray:  # fmt: skip
    levels = []
    for each in choices:
        far = each.free(FAR)
        chest = far[each.seed % len(far)]
        objects = {each.places[0]: code, **({chest: CHEST} if has_chest else {})}
        levels.append(each.level(objects, keys))
    policy = player if isinstance(player, CnnLstmPolicy) else None
    moment = led(policy, levels, np.stack([each.actions for each in choices]))
    squares = np.array([each.places[0] for each in choices])
    return _comes(player, moment, squares, seed)


def _comes(
    player: Player, moment: Moment, squares: np.ndarray, seed: int
) -> Float[np.ndarray, " state"]:
    """Whether a player comes to a square, with the random numbers of the seed from the first."""
    who = player if isinstance(player, CnnLstmPolicy) else player(seed)
    return reaches(who, moment, squares, STEPS, seed=seed).astype(np.float64)


def taken_away(level: Level, code: int, *, nearest: bool) -> Level:
    """The level without its nearest or farthest key or chest.

    Example:
        >>> from procgen_tools.worlds.keys_and_chests.grid import parse
        >>> print(taken_away(parse("#####/#@.k#/#..k#/#...#/#####"), KEY, nearest=True))
        #####
        #@..#
        #..k#
        #...#
        #####
    """
    square = _object(level, code, nearest=nearest)
    return level if square is None else _with(level, square, EMPTY)


def moved_away(level: Level) -> Level:
    """The level with its nearest key on the farthest empty square instead."""
    square = _object(level, KEY, nearest=True)
    steps = _steps(level)
    empty = (level.cells == EMPTY) & (steps > 0)
    if square is None or not empty.any():
        return level
    far = np.unravel_index(np.where(empty, steps, -1).argmax(), steps.shape)
    return _with(_with(level, square, EMPTY), (int(far[0]), int(far[1])), KEY)


def added(level: Level, code: int) -> Level:
    """The level with a key or chest on the first empty square three steps away."""
    square = _near(level)
    return level if square is None else _with(level, square, code)


def opened_far(level: Level) -> Level:
    """The level with its farthest inner wall opened."""
    inner = np.zeros(level.cells.shape, bool)
    inner[1:-1, 1:-1] = True
    rows, cols = np.indices(level.cells.shape)
    far = np.abs(rows - level.player[0]) + np.abs(cols - level.player[1])
    walls = inner & (level.cells == WALL)
    if not walls.any():
        return level
    at = np.unravel_index(np.where(walls, far, -1).argmax(), far.shape)
    return _with(level, (int(at[0]), int(at[1])), EMPTY)


CHANGES: dict[str, Callable[[Level], Level]] = {
    "nearest key taken away": lambda level: taken_away(level, KEY, nearest=True),
    "farthest key taken away": lambda level: taken_away(level, KEY, nearest=False),
    "nearest chest taken away": lambda level: taken_away(level, CHEST, nearest=True),
    "farthest chest taken away": lambda level: taken_away(level, CHEST, nearest=False),
    "nearest key moved away": moved_away,
    "key added": lambda level: added(level, KEY),
    "chest added": lambda level: added(level, CHEST),
    "far wall opened": opened_far,
}


def pairs_table(chosen: Sequence[Member], count: int, *, seed: int) -> pd.DataFrame:
    """What a change of one object does in the test variant, from the beginning of an episode.

    Columns: agent, change (of CHANGES), statistic ('return', 'keys': changes; 'reaches': of how
    often the square of the added object is reached within 10 steps), value, low, high (95%,
    bootstrap over levels), levels (how many).
    """
    levels = make_levels(range(PAIRS_SEED, PAIRS_SEED + count), VARIANTS["test"])
    others = {name: [change(level) for level in levels] for name, change in CHANGES.items()}
    found = []
    players = {member.name: member.policy for member in chosen}
    for agent in (*players, *SCRIPTED):
        policy = players.get(agent)

        def played(some: Sequence[Level], agent: str = agent) -> dict[str, np.ndarray]:
            policy = players.get(agent)
            actor = SCRIPTED[agent](seed) if policy is None else policy_actor(policy, seed)
            episodes = play(actor, some)
            return {"return": episodes.returns, "keys": episodes.collected_keys}

        plain = played(levels)
        for change, edited in others.items():
            for name, numbers in played(edited).items():
                gain = mean_over_levels(numbers - plain[name])
                found.append(kept_row(gain, agent=agent, change=change, statistic=name))
        player: Player = SCRIPTED[agent] if policy is None else policy
        near = [(level, square) for level in levels if (square := _near(level)) is not None]
        there = {code: _arrives(player, near, code, seed) for code in (EMPTY, KEY, CHEST)}
        for change, code in (("key added", KEY), ("chest added", CHEST)):
            gain = mean_over_levels(there[code] - there[EMPTY])
            found.append(kept_row(gain, agent=agent, change=change, statistic="reaches"))
    return pd.DataFrame(found).assign(levels=count)


def _arrives(
    player: Player, near: Sequence[tuple[Level, tuple[int, int]]], code: int,
    seed: int,
) -> np.ndarray:  # fmt: skip
    levels = [_with(level, square, code) for level, square in near]
    policy = player if isinstance(player, CnnLstmPolicy) else None
    moment = led(policy, levels, np.zeros((len(levels), 0), np.int64))
    return _comes(player, moment, np.array([square for _, square in near]), seed)


def _steps(level: Level) -> np.ndarray:
    """Steps from the player to each cell; -1 where there is no path."""
    return distances_to(level.cells == WALL, level.player)


def _object(level: Level, code: int, *, nearest: bool) -> tuple[int, int] | None:
    """The nearest or farthest key or chest that can be reached, apart from the player's own."""
    steps = _steps(level)
    there = (level.cells == code) & (steps > 0)
    if not there.any():
        return None
    chosen = np.where(there, steps, steps.max() + 1) if nearest else np.where(there, steps, -1)
    at = np.unravel_index(chosen.argmin() if nearest else chosen.argmax(), steps.shape)
    return int(at[0]), int(at[1])


def _near(level: Level) -> tuple[int, int] | None:
    there = np.argwhere((_steps(level) == ADDED_STEPS) & (level.cells == EMPTY) & ~level.hidden)
    return None if not len(there) else (int(there[0][0]), int(there[0][1]))


def _with(level: Level, square: tuple[int, int], code: int) -> Level:
    cells, hidden = level.cells.copy(), level.hidden.copy()
    cells[square] = code
    if code == KEY:
        hidden[square] = False
    return replace(level, cells=cells, hidden=hidden)
