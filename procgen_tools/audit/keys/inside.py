"""Where in the network the way to a key comes from, and edits that take it away.

The choice is the log odds of the moves towards a key against those towards a chest that is equally
near, with a key in hand. The contrast is the same way in and the same moment without that key.
Every unit of the layer between memory and actions is patched from the contrast, one at a time. Two
parts are patched as a whole: the key in the last frame, which leaves its memory, and the memory of
the key in hand, which lay on the last square of the way in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.audit.inside import Circuits, circuits_by_size, log_odds, order_of
from procgen_tools.episodes.keys import play, policy_actor
from procgen_tools.episodes.memories import HIDDEN, Moment, chances_of, led
from procgen_tools.hooks import patched
from procgen_tools.interventions import NOTHING, ActivationVector, Add, Hold, Intervention, Zero
from procgen_tools.interventions.controls import random_direction
from procgen_tools.models.cnn_lstm import CnnLstmPolicy
from procgen_tools.shown import brief
from procgen_tools.studies.keys_and_chests.inventory import Rows
from procgen_tools.studies.keys_and_chests.steering import readings
from procgen_tools.worlds.keys_and_chests.choices import Choice, distances_to, make_choices
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY, Level
from procgen_tools.worlds.keys_and_chests.rules import DOWNS, MOVES, RIGHTS

SEED = 90_000
DISTANCE = 4
"""Steps to the key and to the chest."""

LAYER = HIDDEN
"""The output of the memory, which the choice of an action is read from."""

UNIT, FRAME, HELD_KEY = "unit", "frame", "key in hand"
"""What is patched: units of LAYER, the key in the last frame, and the memory of a key in hand."""

ZEROED = (8, 32)
"""How many units of LAYER an edit sets to zero."""

HELD = 2.0
"""Keys in hand that are written into the memory in every step."""

DRAWS = 3
"""Random edits of each kind."""


@dataclass(frozen=True, eq=False)
class Choosing:
    """A moment of choice between a key and a chest, with a key in hand.

    Attributes:
        levels: with the key and the chest; without the key; with both, but with no key on the way
            in, so that the player holds none.
        actions: (tick,) the way in.
        to_key, to_chest: (move,): the moves towards each object.
    """

    levels: tuple[Level, Level, Level]
    actions: np.ndarray
    to_key: Bool[np.ndarray, " move"]
    to_chest: Bool[np.ndarray, " move"]

    __repr__ = brief

    def moments(self, policy: CnnLstmPolicy) -> Moments:
        """The moment, its contrast, and what is patched as a whole."""
        every = led(policy, self.levels, np.stack([self.actions] * len(self.levels)))
        here, without, empty_handed = (every.chosen(np.array([number])) for number in range(3))
        return Moments(
            here, without, Moment(without.states, here.memory),
            Moment(here.states, empty_handed.memory),
        )  # fmt: skip

    def log_odds(self, chances: Float[np.ndarray, "state move"]) -> Float[np.ndarray, " state"]:
        """The log odds of the moves towards the key against those towards the chest."""
        return log_odds(chances, self.to_key, self.to_chest)


@dataclass(frozen=True, eq=False)
class Moments:
    """What a policy sees and remembers in a moment of choice.

    Attributes:
        here: the moment.
        without: the same without the key, which was not there on the way in either.
        unseen: the key is in memory, and not in the last frame.
        empty_handed: the last frame, with the memory of a way in on which no key was taken.
    """

    here: Moment
    without: Moment
    unseen: Moment
    empty_handed: Moment

    __repr__ = brief


def make_choosing(count: int) -> list[Choosing]:
    """Choices in which key and chest are equally near, and no move leads towards both.

    Example:
        >>> choosing = make_choosing(2)[0]
        >>> bool((choosing.to_key & choosing.to_chest).any())
        False
    """
    found: list[Choosing] = []
    wanted = count
    while len(found) < count:
        found = [
            choosing
            for choice in make_choices(wanted, distances=(DISTANCE,), first_seed=SEED)
            if (choosing := _choosing(choice)) is not None
        ]
        wanted *= 2
    return found[:count]


def _choosing(choice: Choice) -> Choosing | None:
    key, chest = choice.places
    both = {key: KEY, chest: CHEST}
    levels = choice.level(both, 1), choice.level({chest: CHEST}, 1), choice.level(both, 0)
    row, col = choice.path[-1]
    towards = []
    for place in choice.places:
        steps = distances_to(choice.walls, place)
        after = steps[row + DOWNS[: len(MOVES)], col + RIGHTS[: len(MOVES)]]
        towards.append((after >= 0) & (after < steps[row, col]))
    if (towards[0] & towards[1]).any():
        return None
    return Choosing(levels, choice.actions, towards[0], towards[1])


def patches_table(
    players: Mapping[str, CnnLstmPolicy], choices: Sequence[Choosing]
) -> pd.DataFrame:
    """The effect of patching each unit of the layer alone, and two parts as a whole.

    Returns:
        Columns player, choice, kind (UNIT, FRAME or HELD_KEY), part (its number), clean, corrupt
        and patched: the log odds of the moment, without the key, and with the part.
    """
    rows = []
    for player, policy in players.items():
        for number, choice in enumerate(choices):
            ends = _ends(policy, choice)
            units = torch.eye(len(ends.own), dtype=torch.bool)
            patched_units = torch.where(units, ends.other, ends.own)
            found = {
                UNIT: _with(policy, choice, ends.moments.here, patched_units),
                FRAME: choice.log_odds(chances_of(policy, ends.moments.unseen)),
                HELD_KEY: choice.log_odds(chances_of(policy, ends.moments.empty_handed)),
            }
            for kind, numbers in found.items():
                rows.append(
                    pd.DataFrame(
                        {"player": player, "choice": number, "kind": kind,
                         "part": np.arange(len(numbers)), "clean": ends.clean,
                         "corrupt": ends.corrupt, "patched": numbers}
                    )
                )  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def sizes_of(units: int) -> list[int]:
    """The sizes of circuits that are measured: none, all, and powers of 2 and their middles.

    Example:
        >>> sizes_of(16)
        [0, 1, 2, 3, 4, 6, 8, 12, 16]
    """
    powers = [2**power for power in range(units.bit_length())]
    sizes = {0, units, *powers, *(3 * power // 2 for power in powers)}
    return sorted(size for size in sizes if size <= units)


def circuits_table(
    players: Mapping[str, CnnLstmPolicy], patches: pd.DataFrame, choices: Sequence[Choosing], *,
    seed: int,
) -> pd.DataFrame:  # fmt: skip
    """The log odds with circuits of several sizes.

    In a circuit of size n, n units have their activations of the moment, and all others those
    without the key. Units are added in the order of their effects in other levels.
    The nulls are random orders, and an untrained network with its own order.

    Args:
        players: the agent and an untrained network, by name.
        patches: the effects that the orders are taken from.
        choices: unseen ones.
        seed: of the random orders.

    Returns:
        Columns player (also "random units"), draw, choice, size, clean, corrupt, kept.
    """
    ends = {player: [_ends(policy, each) for each in choices] for player, policy in players.items()}

    def answer(player: str, number: int, kept: Bool[Tensor, "size unit"]) -> Circuits:
        at = ends[player][number]
        activations = torch.where(kept, at.own, at.other)
        found = _with(players[player], choices[number], at.moments.here, activations)
        return at.clean, at.corrupt, found

    sizes = sizes_of(len(order_of(patches, kind=UNIT)))
    return circuits_by_size(patches, len(choices), sizes, answer, kind=UNIT, seed=seed)


def edits_table(
    policy: CnnLstmPolicy, rows: Rows, order: Sequence[int], choices: Sequence[Choosing],
    levels: Mapping[str, Sequence[Level]], *, seed: int,
) -> pd.DataFrame:  # fmt: skip
    """Whole episodes under edits in every step, and under random edits of the same size.

    They are: subtracting the mean difference that a key makes in the layer, setting the first
    units of the layer to zero, and holding the probe of the keys in hand at `HELD`.

    Args:
        policy: the agent.
        rows: the memories that the probe is fitted to.
        order: units of the layer, the most important first.
        choices: those that the difference is the mean of.
        levels: by variant.
        seed: of the random edits and of the sampled actions.

    Returns:
        Columns edit, like (the edit of its kind that is not random), null (whether it is a random
        one), variant, level, return, keys.
    """
    tables = []
    edits = _edits(policy, rows, order, choices, seed)
    for variant, some in levels.items():
        for name, (edit, like) in {"none": (NOTHING, "none"), **edits}.items():
            with edit.on(policy, may_be_idle=True):
                episodes = play(policy_actor(policy, seed), some)
            tables.append(
                pd.DataFrame(
                    {"edit": name, "like": like, "null": name != like, "variant": variant,
                     "level": np.arange(len(some)), "return": episodes.returns,
                     "keys": episodes.collected_keys}
                )
            )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def _edits(
    policy: CnnLstmPolicy, rows: Rows, order: Sequence[int], choices: Sequence[Choosing], seed: int
) -> dict[str, tuple[Intervention, str]]:
    """Edits by name, each with the name of the edit that it is like: its own unless random."""
    rng = np.random.default_rng(seed)
    ends = [_ends(policy, choice) for choice in choices]
    differences = torch.stack([each.own - each.other for each in ends])
    difference = differences.mean(dim=0)
    # Keys in different directions move the layer in different directions.
    norms = f"norm {difference.norm():.1f}, of single keys {differences.norm(dim=1).mean():.1f}"
    vector = ActivationVector(LAYER, difference, "a key")
    probe = readings(rows)["probe"]
    examples = torch.from_numpy(rows.inputs["cell"]).float()
    counts = [min(count, len(order)) for count in ZEROED]
    subtract, hold = f"subtract the key vector ({norms})", f"hold the keys in hand at {HELD:g}"
    zeros = {count: f"zero the {count} first units" for count in counts}
    found: dict[str, tuple[Intervention, str]] = {
        subtract: (Add(vector, -1.0), subtract),
        **{
            name: (Zero(LAYER, channels=list(order[:count])), name) for count, name in zeros.items()
        },
        hold: (Hold(probe, HELD), hold),
    }
    for draw in range(DRAWS):
        which = f"({draw + 1})"
        noise = Add(random_direction(vector, seed + draw), -1.0)
        found[f"subtract a random vector {which}"] = noise, subtract
        for count, name in zeros.items():
            some = sorted(rng.choice(len(order), count, replace=False).tolist())
            found[f"zero {count} random units {which}"] = Zero(LAYER, channels=some), name
        held = Hold(probe.random(examples, seed=seed + draw), HELD)
        found[f"hold a random reading at {HELD:g} {which}"] = held, hold
    return found


@dataclass(frozen=True, eq=False)
class _Ends:
    """A moment and its contrasts (see `Choosing.moments`), log odds, and activations of LAYER."""

    moments: Moments
    clean: float
    corrupt: float
    own: Float[Tensor, " unit"]
    other: Float[Tensor, " unit"]

    __repr__ = brief


def _ends(policy: CnnLstmPolicy, choice: Choosing) -> _Ends:
    moments = choice.moments(policy)
    odds, activations = [], []
    for moment in (moments.here, moments.without):
        with hooks.record(policy, [LAYER]) as recorded:
            odds.append(float(choice.log_odds(chances_of(policy, moment))[0]))
        activations.append(recorded[LAYER][0].clone())
    return _Ends(moments, odds[0], odds[1], activations[0], activations[1])


def _with(
    policy: CnnLstmPolicy, choice: Choosing, moment: Moment,
    activations: Float[Tensor, "each unit"],
) -> Float[np.ndarray, " each"]:  # fmt: skip
    """The log odds with each of some activations in place of the layer's own."""
    same = np.zeros(len(activations), np.int64)
    with patched(policy, {LAYER: lambda _: activations}):
        return choice.log_odds(chances_of(policy, moment.chosen(same)))
