"""Exact effects of every cell and every channel of an activation, and what estimates say of them.

The question is the log odds of turning to the cheese. The activation is that of a maze, and a part
of it, a cell or a channel, is replaced by that of the same maze with the cheese moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float
from scipy.stats import spearmanr
from torch import Tensor
from tqdm import tqdm

from procgen_tools.interventions import activations_of
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.attribution.measure import (
    Question,
    integrated_gradients,
    log_odds,
    saliency,
)
from procgen_tools.studies.base import LAYER
from procgen_tools.studies.minimal_pairs.pairs import Pair
from procgen_tools.vfield import CACHED_BATCH
from procgen_tools.worlds.maze.edit import move_mouse

STEPS = 16
"""Points of the integral of integrated gradients."""

METHODS = ("attribution patching", "integrated gradients", "saliency", "size of the change")
"""How effects are estimated. The last uses no gradient at all."""

PARTS: Mapping[str, int] = {"cell": 8, "channel": 4}
"""The kinds of parts, and how many of them are looked for by precision."""

Activation = Float[Tensor, "channel row col"]


@torch.no_grad()
def exact_effects(
    question: Question, own: Activation, other: Activation, parts: Bool[Tensor, "part ..."]
) -> Float[np.ndarray, " part"]:
    """The answer to an activation, minus the answer with each part as in another activation.

    Args:
        question: see `attribution.measure.log_odds`.
        own: the activation.
        other: of the same shape.
        parts: (part, channel, row, col): which numbers belong to each part; axes may have length 1.
    """
    before = float(question(own[None])[0])
    answers = [
        question(torch.where(some, other[None], own[None])) for some in parts.split(CACHED_BATCH)
    ]
    return before - torch.cat(answers).double().numpy()


def estimates(question: Question, own: Activation, other: Activation) -> dict[str, Activation]:
    """What each of METHODS says of every number of an activation.

    Attribution patching is the gradient times the change (Nanda, 2023; Syed et al., 2023).
    Integrated gradients have the other activation as their baseline.

    Raises:
        ModuleNotFoundError: captum is not installed.
    """
    given = own.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(question(given[None]).sum(), given)
    found = (
        gradient * (own - other),
        integrated_gradients(question, own, other, steps=STEPS).values,
        saliency(question, own),
        (own - other).abs(),
    )
    return dict(zip(METHODS, found, strict=True))


def scores(
    exact: Float[np.ndarray, " part"], estimated: Float[np.ndarray, " part"], count: int
) -> dict[str, float]:
    """How well estimates rank parts by the size of their effects.

    Args:
        exact: the effects.
        estimated: one number per part.
        count: how many parts are looked for.

    Returns:
        rank: Spearman's correlation of the absolute values. precision: the share of the `count`
        largest effects that are among the `count` largest estimates.
    """
    real, said = np.abs(exact), np.abs(estimated)
    rank = float(spearmanr(real, said).statistic) if np.ptp(real) and np.ptp(said) else 0.0
    largest = [set(np.argsort(-each, kind="stable")[:count].tolist()) for each in (real, said)]
    return {"rank": rank, "precision": len(largest[0] & largest[1]) / count}


def score_table(
    networks: Mapping[str, ImpalaPolicy], pairs: Sequence[Pair], *, progress_bar: bool = False
) -> pd.DataFrame:
    """The scores of every method, for every network and pair.

    Parts that are equal in both mazes have no effect, which any method but saliency knows. They
    are left out.

    Returns:
        Columns agent, level, part ("cell" or "channel"), method, parts (how many are ranked), and
        those of `scores`.
    """
    rows = []
    with tqdm(total=len(networks) * len(pairs), disable=not progress_bar) as bar:
        for agent, policy in networks.items():
            for pair in pairs:
                for part, method, exact, estimated in effects_of(policy, pair):
                    found = scores(exact, estimated, PARTS[part])
                    rows.append(
                        {"agent": agent, "level": pair.level, "part": part, "method": method,
                         "parts": len(exact), **found}
                    )  # fmt: skip
                bar.update()
    return pd.DataFrame(rows)


def effects_of(
    policy: ImpalaPolicy, pair: Pair
) -> Iterator[tuple[str, str, Float[np.ndarray, " part"], Float[np.ndarray, " part"]]]:
    """By kind of part and method: the exact effects of the parts that change, and the estimates."""
    question = log_odds(policy, pair.fork.towards, after=LAYER)
    mazes = [move_mouse(maze, pair.fork.square) for maze in (pair.low, pair.high)]
    with torch.no_grad():
        own, other = activations_of(policy, mazes, LAYER)
    said = estimates(question, own, other)
    channels, rows, cols = own.shape
    cells = torch.eye(rows * cols, dtype=torch.bool).view(-1, 1, rows, cols)
    for part, masks, axes in (
        ("cell", cells, (0,)),
        ("channel", torch.eye(channels, dtype=torch.bool)[:, :, None, None], (1, 2)),
    ):
        changed = (own - other).abs().sum(dim=axes).flatten() > 0
        exact = exact_effects(question, own, other, masks[changed])
        for method, numbers in said.items():
            sums = numbers.sum(dim=axes).flatten()[changed]
            yield part, method, exact, sums.detach().double().numpy()
