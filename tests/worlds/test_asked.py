"""The levels of an audit, in every world that has them."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from procgen_tools.audit.agents import EXACT_WORLDS
from procgen_tools.worlds.asked import Asked, spread_over


def test_some_are_spread_over_all() -> None:
    assert spread_over(list(range(10)), 4) == [0, 3, 6, 9]
    assert spread_over([1, 2], None) == spread_over([1, 2], 5) == [1, 2]


@pytest.mark.parametrize("world", EXACT_WORLDS)
def test_each_world_asks_about_its_own_goals(world: str) -> None:
    module = importlib.import_module(f"procgen_tools.worlds.{world}.asked")
    asked: Asked = module.asked({}, levels=6, census=5)
    assert (asked.world, len(asked.training), len(asked.apart), len(asked.census)) == (
        world,
        6,
        6,
        5,
    )
    assert set(asked.words) == {asked.wanted, asked.other}
    for level in asked.apart:
        graph = level.graph(**level.effect_goals)
        assert {asked.wanted, asked.other} <= set(graph.goals)
        assert asked.size(level) > 0
    assert repr(asked).startswith(f"Asked({world}, ")


def changed(asked: Asked, name: str, level: Any) -> Any:
    return {**asked.changes, **asked.controls}[name](level, np.random.default_rng(0))


@pytest.mark.parametrize("world", [world for world in EXACT_WORLDS if world != "crops_and_humans"])
def test_every_change_is_possible_somewhere_and_changes_something(world: str) -> None:
    module = importlib.import_module(f"procgen_tools.worlds.{world}.asked")
    asked: Asked = module.asked({}, levels=8, census=2)
    for name in (*asked.changes, *asked.controls):
        pairs = [(level, changed(asked, name, level)) for level in asked.apart]
        assert sum(other is not None for _, other in pairs) >= 3, name
        assert all(other != level for level, other in pairs), name
