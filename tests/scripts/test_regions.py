"""The table of regions is that of the scores, and the picture shows every agent of the recipe."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from procgen_tools.models import checkpoint_metadata

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "regions.py"))


def test_the_readme_holds_the_table(script: dict[str, Any]) -> None:
    readme = (ROOT / "trained_models" / "README.md").read_text(encoding="utf-8")
    written = readme.split(script["BEGIN"])[1].split(script["END"])[0]
    assert written == script["table"](script["agents"]()), "run python scripts/regions.py"


def test_agents_differ_in_region_and_seed_alone(script: dict[str, Any]) -> None:
    found = script["agents"]()
    names = [agent.name for agent in found]
    assert [name for name in names if "seed_1" in name] == [
        "model_rand_region_5_seed_1",
        "model_anywhere_seed_1",
    ]
    regions = [agent.region or 25 for agent in found]
    assert regions == sorted(regions)
    settings = [
        checkpoint_metadata(ROOT / "trained_models" / "maze_I" / f"{name}.pth")["settings"]
        for name in names
    ]
    common = set.intersection(*(set(each) for each in settings)) - {"seed", "rand_region"}
    assert {"samples", "batch_size", "shift_from", "learning_rate"} <= common
    for name in common:
        assert len({str(each[name]) for each in settings}) == 1, name


def test_the_picture_shows_every_agent_and_the_walk(script: dict[str, Any]) -> None:
    found = script["agents"]()
    (ax,) = script["draw"](found).axes
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert sum(len(line.get_xdata()) for line in dots) == 2 * len(found)
    walks = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert walks == [each.value for each in script["walk"]().values()]
    assert (ROOT / "docs" / "regions.png").exists()
