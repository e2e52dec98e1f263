"""How well "it wants the nearest key" explains what an agent with a memory does.

A hypothesis names targets, such as the nearest key, and predicts each move by

    p(move | state) proportional to exp(-sharpness x steps from there to the nearest target).

It ranges from random moves, at sharpness 0, to shortest paths, in the limit of high sharpness; one
move in a hundred is random, so that an accident does not refute it. The directedness towards the
targets is how much better than chance it predicts the agent's probabilities in the states of its
own sampled episodes, in nats per step, with the sharpness that is best in other episodes. Where
there is no target, the hypothesis predicts nothing, and the step counts as chance. In worlds whose
levels are graphs, `directedness` has the exact form of this, with the arrival of a random walk in
place of shortest paths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

from procgen_tools.directedness import SHARPNESSES, TREMBLE
from procgen_tools.episodes.memories import chances_along
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.worlds.keys_and_chests.choices import distances_to
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY, WALL, Level
from procgen_tools.worlds.keys_and_chests.levels import VARIANTS, make_levels
from procgen_tools.worlds.keys_and_chests.players import distances
from procgen_tools.worlds.keys_and_chests.rules import DOWNS, MOVES, RIGHTS, States

CHANCE = float(np.log(1 / len(MOVES)))

FIRST_SEED = 100_000
"""Of the levels."""

MAP_EPISODES = 64
"""Sampled episodes of a goal map."""

MAP_TICKS = 20
"""Steps of each of them: an agent that goes from key to key wants no place for long."""


def few_chests(count: int) -> tuple[Level, ...]:
    """The levels in which directedness is measured, of the test variant."""
    return tuple(make_levels(range(FIRST_SEED, FIRST_SEED + count), VARIANTS["test"]))


def _held(states: States) -> Bool[np.ndarray, "state 1 1"]:
    found: Bool[np.ndarray, "state 1 1"] = (states.keys > 0)[:, None, None]
    return found


def targets(states: States) -> dict[str, Bool[np.ndarray, "state row col"]]:
    """The cells that each hypothesis leads to, by its words.

    Hidden chests are the null: they are placed like chests, and nobody sees them.
    """
    keys, chests = states.cells == KEY, states.cells == CHEST
    return {
        "keys": keys,
        "chests": chests,
        "chests with a key in hand, otherwise keys": np.where(_held(states), chests, keys),
        "hidden chests": states.hidden,
    }


def directed_table(
    players: Mapping[str, CnnLstmPolicy | None], levels: Sequence[Level], *, seed: int
) -> pd.DataFrame:
    """The directedness of players towards each kind of target.

    Args:
        players: by name; None for random moves.
        levels: where two episodes each are played: in one, the sharpness is chosen, for all levels
            together, and in the other, it is measured.
        seed: of the sampled actions.

    Returns:
        Columns player, level, goal (one of `targets`, or "ceiling": what a perfect prediction of
        the probabilities would give), nats (per step), there (the share of steps with a target).
    """
    rows = []
    for name, policy in players.items():
        chosen, _ = _sums(policy, levels, seed=seed)
        sums, there = _sums(policy, levels, seed=seed + 1)
        for goal, gain in sums.items():
            best = chosen[goal].sum(axis=1).argmax()
            rows.append(
                pd.DataFrame(
                    {"player": name, "level": np.arange(len(levels)), "goal": goal,
                     "nats": gain[best], "there": there[goal]}
                )
            )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _sums(
    policy: CnnLstmPolicy | None, levels: Sequence[Level], *, seed: int
) -> tuple[dict[str, Float[np.ndarray, "sharpness level"]], dict[str, Float[np.ndarray, " level"]]]:
    """Nats per step of each sharpness, by goal, and the shares of steps with a target."""
    gain: dict[str, list[np.ndarray]] = {}
    there: dict[str, list[np.ndarray]] = {}
    for states, chances in chances_along(policy, levels, seed=seed):
        for goal, cells in targets(states).items():
            away = _after(distances(states, cells), states.players)
            gain.setdefault(goal, []).append(gains(away, chances))
            there.setdefault(goal, []).append((away >= 0).all(axis=1))
        gain.setdefault("ceiling", []).append(_perfect(chances)[None])
        there.setdefault("ceiling", []).append(np.ones(len(states), bool))
    return (
        {goal: np.mean(each, axis=0) for goal, each in gain.items()},
        {goal: np.mean(each, axis=0) for goal, each in there.items()},
    )


def maps_table(policy: CnnLstmPolicy, levels: Sequence[Level], *, seed: int) -> pd.DataFrame:
    """The directedness towards being at each square, in the first steps of many episodes.

    The sharpness is chosen in half of the episodes, and measured in the others.

    Args:
        policy: the agent.
        levels: each gives a map.
        seed: of the sampled actions.

    Returns:
        Columns level, row, col, nats.
    """
    tables = []
    for number, level in enumerate(levels):
        squares = np.argwhere(level.cells != WALL)
        walls = level.cells == WALL
        away = np.stack([distances_to(walls, (int(row), int(col))) for row, col in squares])
        there = np.zeros((MAP_EPISODES, len(squares)), bool)
        halves = np.arange(MAP_EPISODES) % 2 == 0, np.arange(MAP_EPISODES) % 2 == 1
        total = np.zeros((2, 1 + len(SHARPNESSES), len(squares)))
        for states, chances in chances_along(
            policy, [level] * MAP_EPISODES, seed=seed + number, ticks=MAP_TICKS
        ):
            there |= (states.players[:, None] == squares).all(axis=2)
            # Every place with every episode.
            episode, place = (each.ravel() for each in np.indices(there.shape))
            gain = gains(_after(away[place], states.players[episode]), chances[episode])
            gain = gain.reshape(-1, *there.shape) * ~there
            total += np.stack([gain[:, half].sum(axis=1) for half in halves])
        best = total[0].argmax(axis=0)
        nats = total[1, best, np.arange(len(squares))] / (halves[1].sum() * MAP_TICKS)
        tables.append(
            pd.DataFrame(
                {"level": number, "row": squares[:, 0], "col": squares[:, 1], "nats": nats}
            )
        )
    return pd.concat(tables, ignore_index=True)


def gains(
    away: Int[np.ndarray, "state move"], chances: Float[np.ndarray, "state move"]
) -> Float[np.ndarray, "sharpness state"]:
    """How much better than chance each sharpness predicts the moves of each state, in nats.

    Args:
        away: steps to the nearest target after each move; -1 where there is none.
        chances: of the moves.

    Example:
        >>> away, chances = np.array([[1, 3, 3, 3]]), np.array([[0.97, 0.01, 0.01, 0.01]])
        >>> round(float(gains(away, chances).max()), 1)
        1.2
    """
    sharpness = np.array([0.0, *SHARPNESSES])[:, None, None]
    weights = np.exp(-sharpness * (away - away.min(axis=1, keepdims=True)))
    predicted = weights / weights.sum(axis=2, keepdims=True)
    scores = np.log((1 - TREMBLE) * predicted + TREMBLE * np.exp(CHANCE)) - CHANCE
    found: Float[np.ndarray, "sharpness state"] = (chances * scores).sum(axis=2)
    return np.where((away >= 0).all(axis=1), found, 0.0)


def _after(
    steps: Int[np.ndarray, "state row col"], players: Int[np.ndarray, "state 2"]
) -> Int[np.ndarray, "state move"]:
    """Steps to the nearest target after each move; a move into a wall leads nowhere."""
    count, moves = len(players), len(MOVES)
    rows = players[:, :1] + DOWNS[:moves]
    cols = players[:, 1:] + RIGHTS[:moves]
    state = np.arange(count)[:, None]
    moved = steps[state, rows, cols]
    stayed = steps[state, players[:, :1], players[:, 1:]]
    return np.where(moved < 0, stayed, moved)


def _perfect(chances: Float[np.ndarray, "state move"]) -> Float[np.ndarray, " state"]:
    tiny = np.finfo(np.float64).tiny
    found: Float[np.ndarray, " state"] = (chances * np.log(np.maximum(chances, tiny))).sum(axis=1)
    return found - CHANCE
