"""Tables of every agent in every maze, and changes under one edit."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools import maze
from procgen_tools.interventions import NOTHING, Scale
from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.measuring import change, effects_table


def test_changes_are_of_one_edit() -> None:
    effects = pd.DataFrame(
        {
            "agent": ["a", "a", "a", "a"],
            "level": [0, 1, 0, 1],
            "edit": ["x", "x", "y", "y"],
            "cheese_before": [0.5, 0.5, 0.5, 0.5],
            "cheese_after": [0.7, 0.9, 0.0, 0.0],
        }
    )
    assert change(effects, "x", "cheese")["a"].value == pytest.approx(0.3)
    assert change(effects, "y", "cheese")["all agents"].value == pytest.approx(-0.5)


def test_an_effects_table() -> None:
    agents = {"x": ImpalaPolicy(seed=1).eval(), "y": ImpalaPolicy(seed=2).eval()}
    levels = {3: maze.make_level(3)}
    table = effects_table(
        agents, levels, lambda *_: {"none": NOTHING, "twice": Scale("embedder.relu3", 2.0)}
    )
    assert list(zip(table["agent"], table["level"], table["edit"], strict=True)) == [
        ("x", 3, "none"),
        ("x", 3, "twice"),
        ("y", 3, "none"),
        ("y", 3, "twice"),
    ]
    nothing = table[table["edit"] == "none"]
    assert (nothing["total_variation_max"] == 0).all()
    assert (nothing["cheese_before"] == nothing["cheese_after"]).all()
    assert (table.loc[table["edit"] == "twice", "total_variation_max"] > 0).all()
