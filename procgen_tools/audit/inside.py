"""Where in the network a choice is made: exact causal maps, circuits by size, and edits.

The choice is the log odds of the moves towards the wanted goal against those towards the other, at
the square where the ways part. A patch replaces a part of an activation by that of the contrast:
the same level with the wanted goal taken away or moved. Every channel and every cell is patched,
one at a time, with nothing estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor
from tqdm import tqdm

from procgen_tools import hooks
from procgen_tools.audit.agents import AGENT, UNTRAINED, Audited
from procgen_tools.audit.behaviour import outcome_of
from procgen_tools.effects import measure_each
from procgen_tools.hooks import canonical, is_hooked, patched
from procgen_tools.interventions import ActivationVector, Add, Intervention, Zero
from procgen_tools.models.interface import answer_from
from procgen_tools.vfield import observations_of
from procgen_tools.worlds.asked import Asked
from procgen_tools.worlds.maze.agent_view import agent_frame

USUAL_LAYER = "embedder.block2.res1.resadd_out"
"""Where published interventions on maze agents act."""

FAITHFUL = 0.8
"""A circuit with at least this faithfulness carries the choice."""

LEAST = 0.1
"""The smallest difference in log odds that a circuit can explain."""

RANDOM_ORDERS = 20
"""Random orders of channels, the null of a circuit."""

FLOOR = 1e-9
"""Added to chances before their logarithm."""


@dataclass(frozen=True, eq=False)
class Choice:
    """One level at the square where the ways part, and its contrast.

    Attributes:
        level, contrast: with the mouse at that square.
        wanted, other: (move,): the moves towards each goal.
    """

    level: Any
    contrast: Any
    wanted: np.ndarray
    other: np.ndarray

    def log_odds(self, logits: Float[Tensor, "view action"]) -> Float[np.ndarray, " view"]:
        """The log odds of the moves towards the wanted goal against those towards the other."""
        return log_odds(self.level.moves(logits), self.wanted, self.other)


def log_odds(
    chances: Float[np.ndarray, "view move"],
    wanted: Shaped[np.ndarray, " _"],
    other: Shaped[np.ndarray, " _"],
) -> Float[np.ndarray, " view"]:
    """The log odds of some moves against others.

    Args:
        chances: of all moves.
        wanted, other: indices of moves, or masks.
    """
    found: Float[np.ndarray, " view"] = np.log(chances[:, wanted].sum(axis=1) + FLOOR) - (
        np.log(chances[:, other].sum(axis=1) + FLOOR)
    )
    return found


def choices_of(asked: Asked) -> list[Choice]:
    """The choices of the levels apart; empty in a world without contrasts."""
    found = []
    for level in asked.apart if asked.contrast is not None else ():
        decision = level.decision()
        if decision is None or asked.contrast is None:
            continue
        wanted, other = (decision.towards[way] for way in level.ways)
        found.append(
            Choice(
                replace(level, mouse=decision.square),
                replace(asked.contrast(level), mouse=decision.square),
                wanted,
                other,
            )
        )
    return found


def layer_of(policy: Any) -> str | None:
    """The layer of the causal map: the usual one, or the middle of those with channels and cells.

    None for a network without such activations.
    """
    names = tuple(getattr(policy, "activation_names", ()))
    if USUAL_LAYER in names:
        return USUAL_LAYER
    shapes = getattr(policy, "activation_shapes", {})
    planes = [name for name in names if len(shapes[name]) == 3]
    return planes[len(planes) // 2] if planes else None


def patches_table(
    audited: Audited, choices: Sequence[Choice], layer: str, *, progress_bar: bool = False
) -> pd.DataFrame:
    """The effect of patching each channel and each cell alone, for the agent and untrained weights.

    Returns:
        Columns player, choice, kind ("channel" or "cell"), part (its number), clean, corrupt and
        patched: the log odds of the level, of the contrast, and with the part of the contrast.
    """
    tables = []
    players = {AGENT: audited.policy, UNTRAINED: audited.untrained}
    with tqdm(total=2 * len(choices), disable=not progress_bar, desc="causal map") as bar:
        for player, policy in players.items():
            for number, choice in enumerate(choices):
                clean, corrupt, own, other = _both(policy, choice, layer)
                channels, rows, cols = own.shape
                by_channel = torch.eye(channels, dtype=torch.bool)[:, :, None, None]
                by_cell = torch.eye(rows * cols, dtype=torch.bool).view(-1, 1, rows, cols)
                for kind, chosen in (("channel", by_channel), ("cell", by_cell)):
                    found = _with(policy, choice, layer, torch.where(chosen, other, own))
                    tables.append(
                        pd.DataFrame(
                            {"player": player, "choice": number, "kind": kind,
                             "part": np.arange(len(found)), "clean": clean, "corrupt": corrupt,
                             "patched": found}
                        )
                    )  # fmt: skip
                bar.update()
    return pd.concat(tables, ignore_index=True)


def order_of(patches: pd.DataFrame, player: str = AGENT, *, kind: str = "channel") -> list[int]:
    """The channels by their mean effect in the direction of the contrast, the largest first.

    Args:
        patches: a table as `patches_table` makes it.
        player: whose.
        kind: of the parts to order.
    """
    rows = patches[(patches["player"] == player) & (patches["kind"] == kind)]
    effect = (rows["clean"] - rows["patched"]).groupby(rows["part"]).mean()
    return [int(part) for part in effect.sort_values(ascending=False, kind="stable").index]


def circuits_table(
    audited: Audited, patches: pd.DataFrame, choices: Sequence[Choice], layer: str, *,
    seed: int = 0, progress_bar: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """The log odds with circuits of every size.

    In a circuit of size n, n channels have their activations in the level, and all others have
    their activations in the contrast. Channels are added in the order of their effects in other
    choices. The nulls are random orders, and an untrained network with its own order.

    Args:
        audited: the agent.
        patches: the effects in the choices that the order is taken from.
        choices: unseen choices.
        layer: the layer.
        seed: of the random orders.
        progress_bar: whether to show one.

    Returns:
        Columns player (also "random channels"), draw, choice, size, clean, corrupt, kept: the log
        odds of the circuit.
    """
    players = {AGENT: audited.policy, UNTRAINED: audited.untrained}
    ends = {
        player: [_both(policy, choice, layer) for choice in choices]
        for player, policy in players.items()
    }

    def answer(player: str, number: int, kept: Bool[Tensor, "size channel"]) -> Circuits:
        clean, corrupt, own, other = ends[player][number]
        activations = torch.where(kept[:, :, None, None], own, other)
        return clean, corrupt, _with(players[player], choices[number], layer, activations)

    sizes = range(len(order_of(patches)) + 1)
    return circuits_by_size(
        patches, len(choices), sizes, answer, seed=seed, progress_bar=progress_bar
    )


Circuits: TypeAlias = tuple[float, float, Float[np.ndarray, " size"]]
"""The log odds of a level, of its contrast, and of circuits of several sizes."""


def circuits_by_size(
    patches: pd.DataFrame, choices: int, sizes: Sequence[int],
    answer: Callable[[str, int, Bool[Tensor, "size part"]], Circuits], *,
    kind: str = "channel", seed: int, progress_bar: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Circuits of the agent and of an untrained network in the order of their effects, and random.

    Args:
        patches: the effects that the orders are taken from.
        choices: how many choices are answered.
        sizes: of the circuits.
        answer: the log odds, given the player, the number of a choice, and which parts each
            circuit keeps.
        kind: of the parts.
        seed: of the random orders.
        progress_bar: whether to show one.

    Returns:
        See `circuits_table`.
    """
    rng = np.random.default_rng(seed)
    parts = len(order_of(patches, kind=kind))
    orders = [(who, who, 0, order_of(patches, who, kind=kind)) for who in (AGENT, UNTRAINED)]
    orders += [
        (f"random {kind}s", AGENT, draw, rng.permutation(parts).tolist())
        for draw in range(RANDOM_ORDERS)
    ]
    tables = []
    for player, who, draw, order in tqdm(orders, disable=not progress_bar, desc="circuits"):
        rank = torch.empty(parts, dtype=torch.long)
        rank[torch.tensor(order)] = torch.arange(parts)
        kept = rank[None] < torch.tensor(list(sizes))[:, None]
        for number in range(choices):
            clean, corrupt, found = answer(who, number, kept)
            tables.append(
                pd.DataFrame(
                    {"player": player, "draw": draw, "choice": number, "size": sizes,
                     "clean": clean, "corrupt": corrupt, "kept": found}
                )
            )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def faithfulness(circuits: pd.DataFrame) -> pd.DataFrame:
    """(m(circuit) - m(contrast)) / (m(level) - m(contrast)), by player, draw and size.

    m is the mean log odds over choices, so that a choice without a difference does no harm. It is
    NaN where level and contrast differ by less than `LEAST`.

    Returns:
        Columns player, draw, size, faithfulness.
    """
    means = circuits.groupby(["player", "draw", "size"], sort=False)[
        ["clean", "corrupt", "kept"]
    ].mean()
    whole = means["clean"] - means["corrupt"]
    shares = (means["kept"] - means["corrupt"]) / whole.where(whole.abs() >= LEAST)
    return shares.rename("faithfulness").reset_index()


def smallest(circuits: pd.DataFrame, player: str = AGENT) -> int | None:
    """The smallest size from which on all circuits have a mean faithfulness of `FAITHFUL` or more.

    Returns None if there is no such size.
    """
    rows = faithfulness(circuits)
    own = rows[rows["player"] == player].groupby("size")["faithfulness"].mean()
    for size in own.index:
        if (own[own.index >= size] >= FAITHFUL).all():
            return int(size)
    return None


def edits_table(
    audited: Audited, asked: Asked, order: Sequence[int], choices: Sequence[Choice], layer: str, *,
    count: int, seed: int = 0, progress_bar: bool = False,
) -> pd.DataFrame:  # fmt: skip
    """Edits that remove the wanted goal, and their price in training levels.

    They are: zeroing the first channels of the order, subtracting the mean difference between the
    levels and their contrasts, and the same with random channels and a random vector of its norm.

    Args:
        audited: the agent.
        asked: the levels.
        order: channels, the most important first.
        choices: the choices that the vector is the mean of.
        layer: the layer.
        count: number of levels of each kind. (The number of channels to zero is `ZEROED`.)
        seed: of the random edits.
        progress_bar: whether to show one.

    Returns:
        Columns edit, like (the edit of its kind that is not random), null (whether it is a random
        one), part ("apart" or "training"), level, and those of `behaviour.outcome_of`.
    """
    edits = _edits(audited.policy, order, choices, layer, seed)
    rows = []
    parts = {"apart": asked.apart[-count:], "training": asked.training[-count:]}
    levels = [(part, *each) for part, some in parts.items() for each in enumerate(some)]
    for part, number, level in tqdm(levels, disable=not progress_bar, desc="edits"):
        effects = measure_each(audited.policy, level, [edit for edit, _ in edits.values()])
        fields = {}
        for (name, (_, like)), effect in zip(edits.items(), effects, strict=True):
            fields["none", "none"] = effect.before
            fields[name, like] = effect.after
        rows += [
            {"edit": name, "like": like, "null": name != like, "part": part, "level": number,
             **outcome_of(field, level, asked)}
            for (name, like), field in fields.items()
        ]  # fmt: skip
    return pd.DataFrame(rows)


ZEROED = 4
"""How many channels an edit sets to zero."""


def _edits(
    policy: Any, order: Sequence[int], choices: Sequence[Choice], layer: str, seed: int
) -> Mapping[str, tuple[Intervention, str]]:
    """Edits by name, each with the name of the edit that it is like: its own unless random."""
    rng = np.random.default_rng(seed)
    differences = [own - other for _, _, own, other in (_both(policy, c, layer) for c in choices)]
    vector = torch.stack(differences).mean(dim=0)
    noise = torch.from_numpy(rng.normal(size=tuple(vector.shape))).to(vector.dtype)
    noise *= vector.norm() / noise.norm()
    zeroed = min(ZEROED, len(order))
    some = [sorted(rng.choice(len(order), zeroed, replace=False).tolist()) for _ in range(3)]
    difference = Add(ActivationVector(layer, vector, "mean difference"), -1.0)
    random = Add(ActivationVector(layer, noise, "random vector"), -1.0)
    zero, subtract = f"zero the {zeroed} first channels", "subtract the mean difference"
    return {
        zero: (Zero(layer, channels=list(order[:zeroed])), zero),
        subtract: (difference, subtract),
        **{
            f"zero {zeroed} random channels ({number + 1})": (Zero(layer, channels=each), zero)
            for number, each in enumerate(some)
        },
        "subtract a random vector": (random, subtract),
    }


@torch.no_grad()
def _both(policy: Any, choice: Choice, layer: str) -> tuple[float, float, Tensor, Tensor]:
    """The log odds of a level and of its contrast, and the activations of both."""
    views = np.stack([agent_frame(choice.level), agent_frame(choice.contrast)])
    with hooks.record(policy, [layer]) as recorded:
        logits, _ = policy.logits_and_value(observations_of(policy, views))
    clean, corrupt = choice.log_odds(logits)
    own, other = recorded[layer]
    return float(clean), float(corrupt), own, other


@torch.no_grad()
def _with(
    policy: Any, choice: Choice, layer: str, activations: Float[Tensor, "view channel row col"]
) -> Float[np.ndarray, " view"]:
    """The log odds with each of some activations in place of the layer's own.

    If the policy can go on from the layer, and nothing acts on it, nothing before it is computed.
    """
    point = canonical(layer)
    parts = activations.split(64)
    # Edits that act already would act on the replacement, too, if it were an input.
    if point in getattr(policy, "resume_points", ()) and not is_hooked(policy):
        ordered = (part.contiguous(memory_format=torch.channels_last) for part in parts)
        logits = [answer_from(policy, point, part)[0] for part in ordered]
    else:
        view = observations_of(policy, agent_frame(choice.level)[None])
        logits = []
        for part in parts:
            with patched(policy, {layer: partial(_instead, part)}, may_be_idle=True):
                whole = view.expand(len(part), *view.shape[1:])
                logits.append(policy.logits_and_value(whole)[0])
    return choice.log_odds(torch.cat(logits))


def _instead(replacement: Tensor, _: Tensor) -> Tensor:
    return replacement
