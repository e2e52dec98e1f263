"""Untrained networks as a null: what an architecture shows before it is trained."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.intervals import Estimate, mean_of_agents
from procgen_tools.studies.base import over_levels

FIRST_SEED = 1000
"""Of the untrained networks, so that none has the initial parameters of a shipped agent."""

NULL = "untrained"
"""Part of the name of each estimate that a study makes of untrained networks."""

COUNT, FAST_COUNT = 5, 2
"""How many untrained networks a study measures, and how many in fast mode."""


def untrained_like(agents: Mapping[str, ImpalaPolicy], count: int) -> dict[str, ImpalaPolicy]:
    """Networks with the architecture of the agents and random parameters, by name.

    Args:
        agents: by name, all of one architecture.
        count: how many networks. Their seeds are FIRST_SEED and those after it.

    Raises:
        ValueError: agents of several architectures, or fewer than two networks.

    Example:
        >>> networks = untrained_like({"mine": ImpalaPolicy(scale=1)}, 2)
        >>> list(networks)
        ['untrained 1000', 'untrained 1001']
    """
    if count < 2:
        raise ValueError(f"{count} untrained networks have no spread: ask for 2 or more")
    shapes = {(policy.scale, policy.num_actions) for policy in agents.values()}
    if len(shapes) != 1:
        raise ValueError(
            f"the agents have {len(shapes)} architectures (scale and number of actions: "
            f"{sorted(shapes)}), and untrained networks have one: measure agents of one "
            "architecture at a time"
        )
    ((scale, actions),) = shapes
    return {
        f"untrained {seed}": ImpalaPolicy(scale, actions, seed=seed).eval()
        for seed in range(FIRST_SEED, FIRST_SEED + count)
    }


def null_of(numbers: Mapping[str, float], agents: Mapping[str, object]) -> dict[str, Estimate]:
    """The mean of one number per untrained network, beside each of the agents.

    The interval is Student's, over networks.

    Args:
        numbers: by untrained network.
        agents: the names under which the estimate is given, as keys.
    """
    return dict.fromkeys(map(str, agents), mean_of_agents(list(numbers.values())))


def over_untrained(
    trained: pd.DataFrame, untrained: pd.DataFrame, column: str
) -> dict[str, Estimate]:
    """How far agents exceed the mean of untrained networks in the same levels, with intervals.

    Args:
        trained: columns agent, level and `column`, one row per pair.
        untrained: the same of untrained networks.
        column: what is compared.

    Returns:
        Estimates as `base.over_levels` gives them, for each agent and over all.

    Raises:
        ValueError: untrained networks were measured in other levels.
    """
    means = untrained.groupby("level")[column].mean()
    missing = set(trained["level"]) ^ set(means.index)
    if missing:
        raise ValueError(
            f"level {min(missing)} was measured for agents or for untrained networks alone: "
            "measure both in the same levels"
        )
    return over_levels(trained, lambda rows: rows[column] - rows["level"].map(means))
