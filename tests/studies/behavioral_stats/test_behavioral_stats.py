"""The statistics of behaviour recover what is planted in episodes that were never played."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies import behavioral_stats as experiment
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.behavioral_stats import measure
from procgen_tools.studies.rules import ALL_AGENTS
from procgen_tools.worlds.maze.features import FEATURES, feature_table
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
            }
        )
        for number, agent in enumerate(agents)
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.fixture(scope="module")
def findings() -> Findings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "_episodes", planted_episodes)
        patch.setattr(measure, "FAST_SIZE", 25)
        patch.setattr(Settings, "load_agents", lambda _: {"a": ImpalaPolicy(), "b": ImpalaPolicy()})
        return experiment.run(Settings(mazes=450, fast=True))


def test_claims_about_what_is_planted(findings: Findings) -> None:
    holds = {claim.statement: claim.holds for claim in findings.claims}
    assert all(set(claim.measured) == {"a", "b", ALL_AGENTS} for claim in findings.claims)
    expected = {
        "Features of a maze predict": True,
        "Three features predict nearly": True,
        "Of the three, the distance of the cheese": True,
        "The agent gets the cheese more often when": True,
        "It also matters how far": False,
        "Six features know at least half": True,
    }
    for beginning, wanted in expected.items():
        (found,) = [held for words, held in holds.items() if words.startswith(beginning)]
        assert found == wanted, beginning


def test_coefficients_that_are_planted(findings: Findings) -> None:
    table = findings.tables["coefficients"].set_index(["agent", "feature"])
    for agent in ("a", "b"):
        for name, weight in {**PLANTED, measure.TO_CHEESE: 0.0}.items():
            row = table.loc[(agent, name)]
            assert row["low"] - 0.3 < weight < row["high"] + 0.3
    assert table.loc[(ALL_AGENTS, measure.TO_TOP_RIGHT), "value"] == pytest.approx(
        table.loc[["a", "b"]].xs(measure.TO_TOP_RIGHT, level="feature")["value"].mean()
    )


def test_rows_are_those_of_every_model(findings: Findings) -> None:
    rows = findings.tables["rows"]
    models = {"three", "six", "eleven", measure.ALL_MAZES, measure.EXACT}
    models |= {f"without {name}" for name in measure.THREE}
    assert set(rows["model"]) == models
    assert rows["right"].between(0, 1).all()
    of_a = rows[(rows["agent"] == "a") & (rows["model"] == "six")]
    episodes = findings.tables["episodes"].query("agent == 'a'").set_index("level")
    found = episodes.loc[of_a["level"], "found"].to_numpy()
    share = episodes.loc[episodes["decision_square"], "found"].mean()
    assert (of_a["majority"].to_numpy() == (found == (share >= 0.5))).all()


def test_choices_of_features() -> None:
    assert len(measure.ELEVEN) == 11
    assert len(measure.ONE_ANSWER) == 15
    assert set(measure.THREE) < set(measure.SIX) < set(measure.ELEVEN)
    assert set(measure.ELEVEN) | set(measure.WITHOUT_DECISION) <= set(FEATURES)


def test_it_can_be_drawn(findings: Findings) -> None:
    figures = experiment.draw(findings)
    assert set(figures) == {"shares", "accuracies", "coefficients", "collinearity", "sign_flips"}
