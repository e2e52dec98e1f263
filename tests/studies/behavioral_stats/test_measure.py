"""The statistics of behaviour recover what is planted in episodes that were never played."""

from __future__ import annotations

from procgen_tools.studies import behavioral_stats as experiment
from procgen_tools.studies.base import Findings
from procgen_tools.studies.behavioral_stats import measure
from procgen_tools.worlds.maze.features import FEATURES


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
