"""Worlds of studies: mazes are drawn in the worlds that the settings name, or the study refuses."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from procgen_tools import studies
from procgen_tools.catalogue import digest
from procgen_tools.models import (
    ImpalaPolicy,
    public_agents,
    save_policy,
    stable_baselines_files,
)
from procgen_tools.models.public_agents import PublicAgent
from procgen_tools.studies import cheese_vector, retargeting, top_right_vector
from procgen_tools.studies.base import Scope, Settings, decision_levels
from procgen_tools.studies.cheese_channels.measure import find_cheese_channels
from procgen_tools.studies.cheese_scrubbing import natural_examples
from procgen_tools.studies.cheese_scrubbing.measure import cheese_donors
from procgen_tools.studies.minimal_pairs.measure import natural_forks
from procgen_tools.studies.minimal_pairs.pairs import CHANGES, pairs_of
from procgen_tools.studies.vectors import VectorStudy
from procgen_tools.worlds.maze import levels as level_module
from procgen_tools.worlds.maze.levels import LevelRule
from procgen_tools.worlds.maze.situations import levels_with_all_situations

EASY = LevelRule(15)
OTHER_WORLDS = (
    "training_dynamics",
    "goal_splits",
    "crops_and_humans",
    "colour_or_shape",
    "keys_and_chests",
)
OF_MAZES = tuple(name for name in studies.NAMES if name not in OTHER_WORLDS)


class Drawn(Exception):
    """Raised instead of drawing levels; its argument is the world size."""


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_seeds: Any, world: int, *_: Any) -> None:
        raise Drawn(world)

    monkeypatch.setattr(level_module.kernels, "generate_levels", stop)


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    save_policy(ImpalaPolicy(seed=1), tmp_path / "mine.pth")
    return tmp_path / "mine.pth"


@pytest.mark.parametrize("size", [15, 25])
@pytest.mark.parametrize("name", OF_MAZES)
def test_studies_draw_where_they_are_told(name: str, size: int, agent: Path, stopped: None) -> None:
    with pytest.raises(Drawn) as drawn:
        studies.load(name).run(Settings(agents=(agent,), fast=True, world_size=size))
    assert drawn.value.args == (size,)


@pytest.mark.parametrize("name", OF_MAZES)
def test_findings_say_how_their_mazes_were_drawn(name: str) -> None:
    """In the source, because most studies are long, and figures draw the mazes again."""
    run = VectorStudy.run if name.endswith("_vector") else studies.load(name).run
    assert "rule=settings.rule," in inspect.getsource(run).split("Findings(")[1]


@pytest.mark.parametrize(
    "draw",
    [
        lambda policy: find_cheese_channels(policy, mazes=6, rule=EASY),
        lambda policy: retargeting.choose_edits(policy, retargeting.FAST, 0, EASY),
        lambda policy: retargeting.target_edits._Tuner(policy, retargeting.FAST, 0, EASY),
        lambda policy: natural_examples(policy, 2, 0, EASY),
        lambda policy: levels_with_all_situations(1, rule=EASY),
        lambda policy: natural_forks(1, first_seed=0, rule=EASY),
        *(lambda policy, name=name: pairs_of(name, 1, first_seed=0, rule=EASY) for name in CHANGES),
    ],
)
def test_searches_draw_where_they_are_told(
    draw: Callable[[ImpalaPolicy], object], stopped: None
) -> None:
    with pytest.raises(Drawn) as drawn:
        draw(ImpalaPolicy(seed=1))
    assert drawn.value.args == (15,)


def test_donors_are_of_the_same_worlds() -> None:
    ((seed, maze),) = decision_levels(1, EASY, first_seed=3).items()
    assert maze.world_size == 15
    others = [
        *cheese_vector.donors(maze, seed, 0),
        *top_right_vector.donors(maze, seed, 0),
        *(each for donor in cheese_donors(maze, 2, seed=0) for each in vars(donor).values()),
    ]
    assert {other.world_size for other in others} == {15}
    margins = top_right_vector.levels_with_margin(5, EASY).values()
    assert all(each.world_size == 15 and each.padding for each in margins)


@pytest.mark.parametrize("name", OTHER_WORLDS)
def test_studies_of_other_worlds_refuse_at_once(name: str, stopped: None) -> None:
    with pytest.raises(ValueError, match=f"{name} cannot be run with world_size 15.*leave"):
        studies.load(name).run(Settings(fast=True, world_size=15))
    with pytest.raises(ValueError, match=f"{name} cannot .* max_maze_size 7.*leave --max-maze"):
        studies.load(name).run(Settings(fast=True, max_maze_size=7))


def test_mazes_are_as_small_as_they_are_told(agent: Path) -> None:
    small = Settings(agents=(agent,), world_size=15, max_maze_size=7)
    assert {maze.size for maze in decision_levels(40, small.rule).values()} == {3, 5, 7}
    with pytest.raises(ValueError, match="max_maze_size 8 is not odd"):
        Settings(max_maze_size=8)
    for name in ("minimal_pairs", "causal_map"):  # which would search for ever
        with pytest.raises(ValueError, match=r"up to 7 x 7 squares have no room .* 11 x 11"):
            studies.load(name).run(replace(small, fast=True))
    with pytest.raises(ValueError, match="no room"):
        natural_forks(1, first_seed=0, rule=small.rule)
    with pytest.raises(ValueError, match="no square outside the top-right 5 x 5: allow larger"):
        studies.load("behavioral_demos").run(replace(small, fast=True, max_maze_size=5))


def test_the_region_of_training_is_that_of_the_files(agent: Path, tmp_path: Path) -> None:
    def recorded(name: str, rand_region: int | None) -> Path:
        save_policy(
            ImpalaPolicy(seed=1),
            tmp_path / name,
            settings={"world_size": 15, "max_maze_size": 7, "rand_region": rand_region},
        )
        return tmp_path / name

    three, anywhere = recorded("three.pth", 3), recorded("anywhere.pth", None)
    small = Settings(agents=(three,), world_size=15, max_maze_size=7)
    assert small.rule_in_training() == LevelRule(15, 3, max_maze_size=7)
    assert replace(small, agents=(anywhere,)).rule_in_training() == small.rule
    for agents in ((agent,), (three, anywhere), (three, agent), ()):
        assert replace(small, agents=agents).rule_in_training().rand_region == 5
    findings = studies.load("value_head").run(replace(small, mazes=2))
    assert "in the top-right 3 x 3, as in training" in findings.mazes


def test_scopes_name_the_worlds() -> None:
    easy = Settings(agents=(Path("a.pth"),), world_size=15).scope(100)
    assert easy == Scope("another run (other agents, easy worlds)", small=False)
    seven = Settings(max_maze_size=7).scope(100)
    assert seven == Scope("another run (mazes up to 7 x 7)", small=False)
    assert Settings(world_size=25).scope(100).published
    for wrong in (0, 13, 50):
        with pytest.raises(ValueError, match=rf"{wrong!r}: give 15 \(easy.*25 \(hard"):
            Settings(world_size=wrong)


def test_agents_of_other_worlds_are_warned_about(
    agent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.warns(UserWarning, match="worlds of 25 x 25 .*in worlds of 15 x 15.*size 25"):
        Settings(fast=True, world_size=15).load_agents()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Settings(fast=True).load_agents()
        monkeypatch.setattr(stable_baselines_files, "LARGEST_FILE", 10)  # others may be larger
        Settings(agents=(agent,), world_size=15).load_agents()  # nothing records its worlds
        Settings(world_size=25, max_maze_size=25).load_agents()  # no limit
    with pytest.warns(UserWarning, match=r"15 x 15 squares with mazes up to 7 x 7: .*size 25$"):
        Settings(fast=True, world_size=15, max_maze_size=7).load_agents()
    known = PublicAgent("mine", "", "", digest(agent), "", "", world_size=15)
    monkeypatch.setattr(public_agents, "PUBLIC_AGENTS", (known,))
    with pytest.warns(UserWarning, match="trained in worlds of 15 x 15"):
        Settings(agents=(agent,)).load_agents()
