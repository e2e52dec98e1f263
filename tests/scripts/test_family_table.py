"""The table of agents agrees with their files and scores."""

from __future__ import annotations

import re
import runpy
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.evaluation.conditions import held_out_mazes
from procgen_tools.evaluation.exact_scores import exact_scores
from procgen_tools.models import ImpalaPolicy, checkpoint_metadata
from procgen_tools.worlds.maze.levels import LevelRule

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "family_table.py"))


def test_every_agent_has_scores_of_its_file(script: dict[str, Any]) -> None:
    for path in script["agents"]():
        kept = script["scores"](path)
        assert kept is not None, f"{path.name} has no scores: python scripts/family_table.py"
        assert kept["levels"] == 500


def test_the_readme_holds_the_table(script: dict[str, Any]) -> None:
    readme = (ROOT / "trained_models" / "README.md").read_text()
    written = readme.split(script["BEGIN"])[1].split(script["END"])[0]
    assert written == script["table"](), "run python scripts/family_table.py"


def test_scores_of_another_file_do_not_count(script: dict[str, Any], tmp_path: Path) -> None:
    path = script["agents"]()[0]
    other = tmp_path / path.name
    other.write_bytes(path.read_bytes() + b" ")
    assert script["scores"](path) is not None
    assert script["scores"](other) is None


def test_places_of_the_cheese_are_apart(script: dict[str, Any]) -> None:
    mazes = held_out_mazes(LevelRule(15), 40)
    inside = np.array([min(maze.cheese or ()) >= maze.size - 5 for maze in mazes])
    found = script["by_place"](mazes, np.where(inside, 0.9, 0.2), 5)
    assert 0 < inside.sum() < 40
    assert found["cheese_inside"].value == pytest.approx(0.9)
    assert found["cheese_elsewhere"].value == pytest.approx(0.2)
    corner = np.array([maze.cheese == maze.corner for maze in mazes])
    assert script["by_place"](mazes, corner.astype(float), 1)["cheese_inside"].value == 1
    regions = [script["region_of"](LevelRule(25, region)) for region in (1, 3, 5, 15, None)]
    assert regions == [1, 3, 5, 5, 5]


def test_the_walk_is_that_of_an_agent_that_does_anything(script: dict[str, Any]) -> None:
    policy = ImpalaPolicy(seed=1)
    with torch.no_grad():
        policy.fc_policy.weight.zero_()
        policy.fc_policy.bias.zero_()
    rule = LevelRule(15, 3, max_maze_size=9)
    walk = script["walk_of"](rule, 20)
    trained = exact_scores(policy, held_out_mazes(rule, 20))
    anywhere = exact_scores(policy, held_out_mazes(replace(rule, rand_region=None), 20))
    assert walk["success"].value == pytest.approx(trained.cheese.mean(), abs=1e-5)
    assert walk["region_anywhere"].value == pytest.approx(anywhere.region.mean(), abs=1e-5)
    assert walk["cheese_elsewhere"].value < walk["cheese_inside"].value


def test_every_kind_of_levels_has_a_walk(script: dict[str, Any]) -> None:
    kinds = script["kinds"]()
    assert kinds["worlds of 25, region 5"] == LevelRule(25, 5)
    assert kinds["worlds of 25, cheese anywhere"] == LevelRule(25)
    assert kinds["worlds of 15, region 5"] == LevelRule(15, 5)
    assert set(kinds) <= set(script["walks"]()), "python scripts/family_table.py"


def test_the_page_says_which_agents_are_of_the_recipe() -> None:
    root = ROOT / "trained_models"
    recipe = tomllib.loads((root / "family.toml").read_text())["settings"]["imitation"]
    found = set()
    for path in (root / "maze_I").glob("*.pth"):
        facts = checkpoint_metadata(path)["settings"]
        own = {name: facts.get(name) for name in recipe}
        hard = facts["world_size"] == 25 and not facts.get("max_maze_size")
        if own == recipe and hard and facts["use_backgrounds"] and facts["scale"] == 1:
            found.add(path.stem)
    page = (root / "README.md").read_text(encoding="utf-8")
    text = page.split("**Recipe.**")[1].split("Agents on easy")[0]
    assert set(re.findall(r"`(\w+)`", text)) == found
