"""Findings in which coefficients are planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies import behavioral_stats as experiment
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.behavioral_stats import measure
from procgen_tools.worlds.maze.features import feature_table
from procgen_tools.worlds.maze.grid import Maze

PLANTED = {measure.TO_TOP_RIGHT: -1.8, measure.STEPS_TO_CHEESE: -1.2}


def planted_episodes(
    agents: dict[str, ImpalaPolicy], mazes: dict[int, Maze], settings: Settings
) -> pd.DataFrame:
    """Outcomes drawn from a logistic regression on two features."""
    features = feature_table(mazes.values())
    log_odds = 0.5 + sum(
        weight * (features[name] - features[name].mean()) / features[name].std()
        for name, weight in PLANTED.items()
    )
    chance = 1 / (1 + np.exp(-log_odds))
    tables = [
        pd.DataFrame(
            {
                "agent": agent,
                "level": list(mazes),
                "size": [maze.size for maze in mazes.values()],
                "found": np.random.default_rng(number).random(len(mazes)) < chance,
                "chance": chance.where(np.arange(len(mazes)) < len(mazes) // 2),
                "walk": 0.2 * chance.where(np.arange(len(mazes)) < len(mazes) // 2),
            }
        )
        for number, agent in enumerate(agents)
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="session")
def findings() -> Findings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "_episodes", planted_episodes)
        patch.setattr(measure, "FAST_SIZE", 25)
        patch.setattr(Settings, "load_agents", lambda _: {"a": ImpalaPolicy(), "b": ImpalaPolicy()})
        return experiment.run(Settings(mazes=450, fast=True))
