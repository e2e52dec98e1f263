"""Studies of activation vectors: every agent, maze and edit has a row, with the maze's own seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from procgen_tools import maze
from procgen_tools.effects import measure
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.studies.base import LAYER, Settings
from procgen_tools.studies.vectors import VectorStudy, draw_vector

LEVELS = {3: maze.make_level(3), 5: maze.make_level(3, maze.LevelRule(15))}


def test_a_study_measures_its_edits_in_every_maze(tmp_path: Path) -> None:
    seen: dict[str, list[Any]] = {"donors": [], "edits": []}

    def donors(level: maze.Maze, level_seed: int, seed: int) -> tuple[maze.Maze, maze.Maze]:
        seen["donors"].append((level_seed, seed))
        return level, level

    def edits(policy: Any, level: maze.Maze, others: Any, seed: int) -> dict[str, Add]:
        assert others == (level, level)
        seen["edits"].append(seed)
        return {
            f"coefficient {times}": Add(cheese_vector(policy, level, LAYER), times)
            for times in (-1, 1)
        }

    def no_claims(effects: pd.DataFrame) -> tuple[()]:
        return ()

    agents = [tmp_path / "one.pth", tmp_path / "two.pth"]
    for seed, path in enumerate(agents):
        save_policy(ImpalaPolicy(seed=seed), path)
    study = VectorStudy(
        "a_study",
        2,
        lambda count, _rule: dict(list(LEVELS.items())[:count]),
        "that are small",
        donors,
        edits,
        cheese_vector,
        -1.0,
        no_claims,
    )
    findings = study.run(Settings(agents=tuple(agents), mazes=2, seed=10))
    assert seen == {"donors": [(3, 10), (5, 10)], "edits": [13, 15, 13, 15]}
    effects = findings.tables["effects"]
    assert effects.groupby(["agent", "level"])["edit"].agg(list).map(tuple).unique().tolist() == [
        ("coefficient -1", "coefficient 1")
    ]
    policy = ImpalaPolicy(seed=1).eval()
    wanted = measure(policy, LEVELS[5], Add(cheese_vector(policy, LEVELS[5], LAYER), 1.0)).row()
    row = effects.query("agent == 'two' and level == 5 and edit == 'coefficient 1'").iloc[0]
    np.testing.assert_allclose(row["cheese_after"], wanted["cheese_after"], atol=1e-5)
    assert len(findings.tables["unusualness"]) == 4
    assert findings.mazes == "the first 2 levels that are small (seeds 3–5), cheese anywhere"


def test_figures_show_doses_and_controls() -> None:
    effects = pd.DataFrame(
        {
            "agent": "a",
            "level": level,
            "edit": edit,
            **{
                f"decision_{goal}_{when}": 1 / 3
                for goal in ("cheese", "top_right", "other")
                for when in ("before", "after")
            },
        }
        for level in range(4)
        for edit in ("coefficient -1", "coefficient 2", "random direction")
    )
    figures = draw_vector(
        effects, "vector", {"coefficient -1": "subtracted"}, ("cheese", "top_right", "other")
    )
    assert list(figures) == ["before_after", "dose_response", "controls"]
    words = {
        name: " ".join(text.get_text() for text in figure.findobj(plt.Text))
        for name, figure in figures.items()
    }
    assert "coefficient of the vector" in words["dose_response"]
    assert "random direction" in " ".join(words["controls"].split())
    assert "coefficient 2" not in words["controls"]
    assert not plt.get_fignums()
