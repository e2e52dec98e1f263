"""What the first layer reads of a colour, and what happens without its filters.

Design, fixed before its numbers. The agents are those trained on black.

**Filters.** A filter of the first layer is opponent if the sum of its weights for green is far
from that for red. In the levels `SEEDS`, a green line is put against a red line while the
`OPPONENT` most opponent filters are set to zero, or as many random ones (`DRAWS` draws). The score
is by how much the preference changes. Whether the agent still finds the yellow line of its training
is measured beside it.

**Balance.** The balance of the first layer is (g − r) / (g + r), where g is the sum over filters of
the absolute sum of the weights for green, and r that for red. It is compared with the preference
for the green line over agents. The null is the balance of the same network before its training.
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float

from procgen_tools.episodes.records import read_kept, write_records
from procgen_tools.evaluation.preferences import LevelSet, exact_preference
from procgen_tools.interventions import Zero

SEEDS = range(103_000, 103_100)
PAIR = ("green_line", "red_line")
FIRST_LAYER = "embedder.block1.conv_out"
OPPONENT = 3
DRAWS = 10
TOLERANCE = 1e-3
RED, GREEN = 0, 1


def opponency(
    weights: Float[torch.Tensor, "filter colour row col"],
) -> Float[np.ndarray, " filter"]:
    """How far the weights of each filter for green are from those for red.

    Example:
        >>> weights = torch.zeros(2, 3, 3, 3)
        >>> weights[1, GREEN] = 1.0
        >>> opponency(weights)
        array([0., 9.], dtype=float32)
    """
    sums = weights.detach().sum(dim=(2, 3))
    return np.asarray((sums[:, GREEN] - sums[:, RED]).abs())


def balance(weights: Float[torch.Tensor, "filter colour row col"]) -> float:
    """How much more of a first layer reads green than red, from -1 to 1.

    Example:
        >>> balance(torch.ones(16, 3, 3, 3))
        0.0
    """
    red, green = weights.detach().sum(dim=(2, 3)).abs().sum(dim=0)[:2].tolist()
    return (green - red) / (green + red)


def chosen_filters(
    weights: Float[torch.Tensor, "filter colour row col"], *, draws: int, seed: int
) -> dict[str, list[int]]:
    """The filters that are set to zero, by name: none, opponent, and random draws of as many."""
    rng = np.random.default_rng(seed)
    return {
        "none": [],
        "opponent": np.argsort(-opponency(weights), kind="stable")[:OPPONENT].tolist(),
        **{
            f"random {draw}": rng.choice(len(weights), OPPONENT, replace=False).tolist()
            for draw in range(draws)
        },
    }


def filter_rows(
    policy: Any, levels: LevelSet, training: LevelSet, *, draws: int = DRAWS, seed: int = 0
) -> pd.DataFrame:
    """The preference and the success in training levels with filters set to zero.

    Args:
        policy: an agent.
        levels: of `PAIR`.
        training: training levels.
        draws: random sets of filters.
        seed: of the draws.

    Returns:
        Columns filters (see `chosen_filters`), preference, success, steps.
    """
    rows = []
    weights = policy.embedder.block1.conv.weight
    for name, chosen in chosen_filters(weights, draws=draws, seed=seed).items():
        edit = Zero(FIRST_LAYER, channels=chosen) if chosen else None
        with edit.on(policy) if edit else nullcontext():
            found = exact_preference(policy, levels, tolerance=TOLERANCE)
            trained = exact_preference(policy, training, tolerance=TOLERANCE)
        rows.append(
            {
                "filters": name, "preference": found.preference, "success": trained.success,
                "steps": trained.capability,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


COLUMNS = (
    "agent", "population", "filters", "preference", "success", "steps", "balance",
    "initial_balance",
)  # fmt: skip
"""The columns of `kept_rows`."""


def kept_rows(
    agent: str, population: str, load: Any, initial: Any, path: Path, levels: LevelSet,
    training: LevelSet, *, draws: int = DRAWS,
) -> pd.DataFrame:  # fmt: skip
    """`filter_rows` of one agent, kept in a file, with the balance of its first layer.

    Args:
        agent, population: names.
        load: loads the agent.
        initial: makes the network before its training.
        path: of the file; read if it exists.
        levels, training, draws: see `filter_rows`.

    Returns:
        The columns `COLUMNS`.
    """
    if not path.exists():
        policy = load()
        rows = filter_rows(policy, levels, training, draws=draws)
        rows = rows.assign(
            agent=agent,
            population=population,
            balance=balance(policy.embedder.block1.conv.weight),
            initial_balance=balance(initial().embedder.block1.conv.weight),
        )
        write_records(path, rows[list(COLUMNS)])
    return read_kept(path, COLUMNS)


def filter_table(rows: pd.DataFrame) -> pd.DataFrame:
    """By agent: how much the preference changes without the filters, and what else changes.

    Args:
        rows: the columns `COLUMNS`.

    Returns:
        One row per agent: agent, population, preference (unedited), balance, initial_balance; how
        far the preference changes without the opponent filters (change) and without random ones
        (change_random); and the success and steps in training levels then (success,
        success_random, steps, steps_random). Numbers of random filters are means over draws.
    """
    table = []
    for (population, agent), of in rows.groupby(["population", "agent"], sort=False):
        by = of.set_index("filters")
        before = by.loc["none"]
        random = by[by.index.str.startswith("random")]
        table.append(
            {
                "agent": agent,
                "population": population,
                "preference": before["preference"],
                "balance": before["balance"],
                "initial_balance": before["initial_balance"],
                "change": abs(by.loc["opponent", "preference"] - before["preference"]),
                "change_random": (random["preference"] - before["preference"]).abs().mean(),
                "success": by.loc["opponent", "success"],
                "success_random": random["success"].mean(),
                "steps": by.loc["opponent", "steps"],
                "steps_random": random["steps"].mean(),
            }
        )
    return pd.DataFrame(table)
