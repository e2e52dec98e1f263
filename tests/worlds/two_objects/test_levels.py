"""Levels of two objects: equal to those of the study's environments, cell by cell and pixel by
pixel. The digests are of what the published source (procgenAISC at commit abaf500) draws.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from procgen_tools import chains, effects, vfield
from procgen_tools.interventions import Scale
from procgen_tools.models import ImpalaPolicy
from procgen_tools.worlds.graph import Level as LevelProtocol
from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.grid import Square
from procgen_tools.worlds.maze.human_view import human_view
from procgen_tools.worlds.maze.paths import distances
from procgen_tools.worlds.two_objects.levels import (
    VARIANTS,
    Kind,
    Level,
    Thing,
    make_level,
    make_levels,
    variant,
)
from procgen_tools.worlds.two_objects.text import parse

PAIRS = [
    *(
        (f"{one}_gem", f"{two}_line")
        for one, two in zip(
            ("black", "blue", "cyan", "green", "purple", "red", "white"),
            ("blue", "cyan", "green", "purple", "red", "white", "yellow"),
            strict=True,
        )
    ),
    ("yellow_gem", "invisible_gem"),
    *(
        (f"{colour}_line", f"{colour}_gem")
        for colour in ("black", "blue", "cyan", "green", "purple", "red", "white", "yellow")
    ),
    ("invisible_gem", "black_line"),
    ("yellow_line", "black_gem"),
    ("red_line", "yellow_gem"),
    ("yellow_gem", "red_line"),
    ("yellow_line", "red_gem"),
    ("green_line", "invisible_gem"),
    ("red_gem", "red_gem"),
    ("yellow_line", "red_line"),
    ("yellow_gem", "red_gem"),
]
"""Each of the 17 pure objects first and second."""


def digest(levels: list[Level]) -> str:
    frames = np.stack([agent_frame(level) for level in levels])
    return hashlib.sha256(frames.tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("background", "expected"),
    [
        ("black", "3dba5abc2fd75578d3153c800c75b564d790b52e69a39689f9274e29cddc9b1a"),
        ("textured", "d2fb3922df7e3a71d656d6d5fb44b54b14bee307b753538153d6fa688f7492e7"),
        ("grey", "f42eaab92442ab5d07a9626e57a19f73a27f248cc1fb55f030a47d29ae213601"),
    ],
)
def test_every_pair_looks_as_in_the_study(background: str, expected: str) -> None:
    of_pairs = [variant(objects=pair) for pair in PAIRS]
    levels = [
        level
        for of in of_pairs
        for level in make_levels(range(100_000, 100_020), of, background=background)
    ]
    assert digest(levels) == expected


@pytest.mark.parametrize(
    ("name", "mode", "count", "background", "expected"),
    [
        ("maze_pure_yellowline", "easy", 100, "textured",
         "aa8b9a47ace408f70beae01f203a2f4259d3ff69d0d005031076fac296cdb112"),
        ("maze_pure_yellowline", "easy", 100, "grey",
         "e9b296c8e757ab8cf8c3c3e830388fb1ca000e550f48c886da8d8e3c81277c83"),
        ("maze_pure_yellowline", "hard", 20, "black",
         "18ea30c5c2e00d147c0c5f579c70ecba8f5a865b6b43137dc73dd2c6a524cf8f"),
        ("maze_yellowstar_redgem", "easy", 20, "textured",
         "698b009d1d33ea8a720a3e17e008c8cf73542c0a3d800591fe23bf9100fed5d4"),
    ],
)  # fmt: skip
def test_variants_look_as_in_the_study(
    name: str, mode: str, count: int, background: str, expected: str
) -> None:
    levels = make_levels(range(count), variant(name, mode), background=background)
    assert digest(levels) == expected


def test_the_levels_of_the_duel_have_the_published_distances() -> None:
    """1,000 test levels: mean shortest paths, and which object is nearer."""
    levels = make_levels(range(100_000, 101_000))
    first, second = (
        np.array([distances(level, level.mouse)[level.things[number].square] for level in levels])
        for number in range(2)
    )
    assert round(first.mean(), 3) == 4.293
    assert round(second.mean(), 3) == 4.200
    assert round(np.minimum(first, second).mean(), 3) == 3.066
    assert [(first < second).sum(), (first == second).sum(), (first > second).sum()] == [
        438,
        79,
        483,
    ]


@pytest.mark.parametrize("name", VARIANTS)
def test_levels_are_values(name: str) -> None:
    level = make_level(7, variant(name), background="textured")
    assert isinstance(level, LevelProtocol)
    assert level == make_level(7, variant(name), background="textured")
    assert level != replace(level, mouse_mirrored=True)
    assert pickle.loads(pickle.dumps(level)) == level
    assert hash(level) == hash(replace(level))
    with pytest.raises(ValueError, match="read-only"):
        level.walls[0, 0] = True


def test_everything_exact_works() -> None:
    """Fields, chances, decisions and effects, as for the cheese."""
    level = make_level(100_000)
    policy = ImpalaPolicy(seed=0)
    field = vfield.vector_field(level, policy)
    again = vfield.state_field(policy, level)
    assert np.allclose(field.by_state, again.by_state, atol=1e-6)
    chances = chains.chances(field, step_limit=500)
    assert list(chances.first) == ["red_line", "yellow_gem"]
    total = sum(chances.first.values()) + chances.neither
    assert total == pytest.approx(1)
    assert chances.visits == pytest.approx(chances.first)
    forked = parse("2..\n#.#\nM.1")
    decision = chains.decision(vfield.vector_field(forked, policy))
    assert decision is not None
    assert set(decision.towards) == {"red_line", "yellow_gem"}
    effect = effects.measure(policy, level, Scale("embedder.fc", 0.0))
    assert set(effect.chances_after.visits) == {"red_line", "yellow_gem"}


def test_an_inert_object_ends_nothing() -> None:
    level = make_level(0, variant("maze_redline_yellowgem_test"))
    assert level.ending_goals == ("shaded_red_line",)
    graph = level.graph()
    assert not (graph.ends & graph.goals["shaded_yellow_gem"]).any()
    assert graph.rewards.max() == 10
    assert graph.rewards.min() == 0


def test_objects_are_replaced_and_swapped() -> None:
    level = make_level(100_000)
    other = level.with_objects("green_line", "green_line")
    assert other.goals == ("green_line_1", "green_line_2")
    assert [thing.kind.reward for thing in other.things] == [10, -10]
    assert not np.array_equal(agent_frame(level), agent_frame(other))
    swapped = level.swapped()
    assert [thing.square for thing in swapped.things] == [(4, 4), (0, 4)]
    assert swapped.swapped() == level
    assert swapped.objects == level.objects


def test_people_see_the_objects() -> None:
    level = make_level(100_000, background="grey")
    picture = human_view(level, square_pixels=32)
    assert picture.shape == (160, 160, 3)
    yellow = (picture[:32, 128:] == (255, 255, 0)).all(axis=2)  # the gem, top right
    assert 60 < yellow.sum() < 600
    assert level._repr_png_()[1:4] == b"PNG"


LEVEL = make_level(100_000)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"things": ()}, ValueError, "0 objects: a level has one or two"),
        ({"things": LEVEL.things[:1] * 2}, ValueError, r"both objects are at \(0, 4\): give each"),
        ({"things": (Thing(Kind("red_gem"), Square(1, 1)),)}, ValueError, "red_gem cannot stand"),
        ({"things": (Thing(Kind("red_gem"), Square(5, 1)),)}, ValueError, "red_gem cannot be at"),
        ({"world_size": 27}, ValueError, "world_size 27 is not one of 1, 3, 5, 7"),
        (
            {"background": "blue"},
            ValueError,
            "background 'blue' does not exist: use one of 0..8, 'gr",
        ),
    ],
)
def test_levels_that_cannot_be(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        replace(LEVEL, **change)


def test_other_mistakes() -> None:
    with pytest.raises(ValueError, match="unknown background 'gray': choose one of textured, bl"):
        make_level(0, background="gray")
    with pytest.raises(ValueError, match="1 names for 2 objects"):
        LEVEL.with_objects("red_gem")
    with pytest.raises(ValueError, match="one object has nothing to swap"):
        make_level(0, variant("maze_yellowline")).swapped()
