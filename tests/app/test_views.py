"""Views: what the page offers exists, and names are never paths."""

from __future__ import annotations

import pytest

pytest.importorskip("anywidget")

from procgen_tools import maze
from procgen_tools.app.views import FIRST_LEVELS, VIEWS, Wish, agent_of, agent_paths, catalogue
from procgen_tools.catalogue import agents
from procgen_tools.models import RecurrentPolicy
from procgen_tools.web.scenes import WORLDS, world_of


def test_every_world_begins_with_a_level_of_its_own() -> None:
    assert {world_of(make()) for make in FIRST_LEVELS.values()} == set(WORLDS)
    for name, make in FIRST_LEVELS.items():
        assert world_of(make()) == name


def test_all_agents_can_be_chosen() -> None:
    paths = agent_paths()
    assert {path for each in paths.values() for path in each.values()} == {
        agent.path for agent in agents()
    }
    for world in WORLDS:  # the episodes are of all of them
        assert paths[world], world
        assert agent_of(world, None) is not None
    offer = catalogue()
    assert offer["agents"]["maze"] == list(paths["maze"])
    assert offer["first"]["maze"] == "rand_region_5"
    for view in offer["views"]:
        assert bool(view["reason"]) == (set(view["worlds"]) != set(WORLDS))


@pytest.mark.parametrize(
    "name",
    ["../rand_region_5", "/etc/passwd", "trained_models/maze_I/model_anywhere.pth", 3, "", []],
)
def test_only_names_are_agents(name: object) -> None:
    with pytest.raises(ValueError, match=r"maze has no agent .*: choose one of anywhere"):
        agent_of("maze", name)


def test_agents_with_a_memory_have_episodes_and_no_field() -> None:
    policy = RecurrentPolicy(seed=0).eval()
    wish = Wish(maze.parse("..C\n.##\nM.."), {"one": policy}, 0, lambda work: None, 1.0)
    for view in ("explorer", "activations"):
        with pytest.raises(ValueError, match="has a memory"):
            VIEWS[view].make(wish)
    player = VIEWS["player"].make(wish)
    assert player.maze == wish.level
    assert player.tracks["one"].chances is not None
    player.close()
