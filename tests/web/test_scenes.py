"""Scenes are levels: nothing is lost on the way to the browser and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from procgen_tools import crops_and_humans, keys_and_chests, maze, two_objects
from procgen_tools.web.scenes import WORLDS, level_of, make, scene_of, world_of


def same(one: Any, other: Any) -> bool:
    """Levels of the last two worlds have no equality of their own."""
    if isinstance(one, crops_and_humans.Level):
        return bool((one.cells == other.cells).all())
    if isinstance(one, keys_and_chests.Level):
        arrays = (one.cells == other.cells).all() and (one.hidden == other.hidden).all()
        return bool(arrays) and (one.player, one.max_ticks) == (other.player, other.max_ticks)
    return bool(one == other)


LEVELS = {
    "maze": lambda seed: maze.make_level(seed),
    "two_objects": lambda seed: two_objects.make_level(seed, background="grey"),
    "crops_and_humans": lambda seed: crops_and_humans.Level(
        crops_and_humans.random_training_maze(seed)
    ),
    "keys_and_chests": lambda seed: keys_and_chests.make_level(seed),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("seed", range(5))
def test_there_and_back_through_json(world: str, seed: int) -> None:
    level = LEVELS[world](seed)
    assert world_of(level) == world
    scene = json.loads(json.dumps(scene_of(level)))
    assert same(level_of(scene), level)
    assert scene_of(level_of(scene)) == scene


def test_rows_count_from_the_bottom() -> None:
    scene = scene_of(maze.parse("..C\n.##\nM.."))
    assert scene["walls"] == ["...", ".##", "..."]
    assert scene["things"] == [{"kind": "mouse", "at": [0, 0]}, {"kind": "cheese", "at": [2, 2]}]
    level = keys_and_chests.parse("#####/#@.k#/#.#.#/#h.c#/#####")
    scene = scene_of(level)
    assert scene["top_down"]
    assert scene["walls"][3] == "#...#"
    places = {thing["kind"]: tuple(thing["at"]) for thing in scene["things"]}
    assert places == {"player": (3, 1), "key": (3, 3), "chest": (1, 3), "hidden": (1, 1)}
    crops = scene_of(LEVELS["crops_and_humans"](0))
    places = {thing["kind"]: tuple(thing["at"]) for thing in crops["things"]}
    assert (places["agent"], places["exit"]) == ((6, 0), (0, 6))


def test_unusual_mazes_are_noted() -> None:
    level = maze.make_level(0)
    assert scene_of(level)["notes"] == []
    (note,) = scene_of(maze.remove_cheese(level))["notes"]
    assert note == "No level of procgen is like this: there is no cheese."


def put(kind: str, square: tuple[int, int]) -> Callable[[dict[str, Any]], None]:
    def change(scene: dict[str, Any]) -> None:
        scene["things"] = [each for each in scene["things"] if each["kind"] != kind]
        scene["things"].append({"kind": kind, "at": list(square)})

    return change


def close(row: int, col: int) -> Callable[[dict[str, Any]], None]:
    def change(scene: dict[str, Any]) -> None:
        walls = scene["walls"]
        walls[row] = walls[row][:col] + "#" + walls[row][col + 1 :]

    return change


def surround_the_exit(scene: dict[str, Any]) -> None:
    scene["things"] = [each for each in scene["things"] if each["kind"] in ("agent", "exit")]
    close(0, 5)(scene)
    close(1, 6)(scene)


def set_to(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(scene: dict[str, Any]) -> None:
        scene[name] = value

    return change


@pytest.mark.parametrize(
    ("world", "change", "message"),
    [
        ("maze", close(0, 0), r"the mouse cannot stand at \(0, 0\): that square is a wall"),
        ("maze", put("mouse", (0, 99)), "'things' is .*: give entries with a 'kind'"),
        ("maze", put("human", (0, 0)), "no 'human': use mouse, cheese"),
        ("maze", set_to("things", []), "0 things of kind 'mouse': give one"),
        ("maze", set_to("world", "mazes"), "no world 'mazes'.*did you mean 'maze'"),
        ("maze", set_to("walls", ["..", "."]), "not a rectangle"),
        ("maze", set_to("walls", ["x"]), "not a rectangle of '#' and '.'"),
        ("maze", set_to("walls", 3), "'walls' is 3"),
        ("maze", set_to("settings", {"colour": 1}), "no setting 'colour'"),
        ("maze", set_to("settings", []), r"'settings' is \[\]: give names and values"),
        ("maze", set_to("settings", {"background": 99}), r"background 99 is not in 0\.\.8"),
        ("two_objects", put("red_lin", (0, 1)), "no object 'red_lin'"),
        ("crops_and_humans", surround_the_exit, r"no way leads from \(0, 0\) to the exit"),
        ("crops_and_humans", put("agent", (0, 0)), r"the agent always begins at \(0, 0\)"),
        ("crops_and_humans", put("crop", (6, 0)), r"the start \(0, 0\) holds 2"),
        ("keys_and_chests", set_to("settings", {"ticks": 3}), "no setting 'ticks': use max_ticks"),
        ("keys_and_chests", put("player", (0, 0)), r"the player is in a wall, at \(11, 0\)"),
        ("keys_and_chests", put("key", (11, 0)), r"the key cannot be at \(0, 0\): a wall is there"),
    ],
)
def test_what_the_world_does_not_allow(
    world: str, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    scene = scene_of(LEVELS[world](1))
    change(scene)
    with pytest.raises(ValueError, match=message):
        level_of(scene)


def test_two_things_do_not_share_a_cell() -> None:
    scene = scene_of(keys_and_chests.parse("#####/#@.k#/#.#.#/#h.c#/#####"))
    scene["things"].append({"kind": "chest", "at": [3, 3]})
    with pytest.raises(ValueError, match=r"chest cannot be at \(1, 3\): another thing is there"):
        level_of(scene)


def test_other_things_are_no_levels_and_no_scenes() -> None:
    with pytest.raises(TypeError, match="the level is of type int"):
        scene_of(3)
    with pytest.raises(ValueError, match="there is no world None"):
        level_of({})


def test_levels_from_seeds_keep_what_the_level_fixes() -> None:
    assert make(maze.make_level(3), 0) == maze.make_level(0)
    easy = maze.make_level(3, maze.LevelRule(world_size=15))
    assert (make(easy, 0, 7).size, make(easy, 0, 7).world_size) == (7, 15)
    objects = two_objects.make_level(3).with_objects("green_line", "white_gem")
    made = make(objects, 9)
    assert made.objects == ("green_line", "white_gem")
    assert np.array_equal(made.walls, two_objects.make_level(9).walls)
    assert make(objects, 9, 3).size == 3
    keys = LEVELS["keys_and_chests"](0)
    assert same(make(keys, 4), LEVELS["keys_and_chests"](4))
    assert make(keys, 4, 7).cells.shape == (7, 7)
    crops = LEVELS["crops_and_humans"](0)
    assert same(make(crops, 4), LEVELS["crops_and_humans"](4))
    with pytest.raises(ValueError, match="size 9 does not exist in this world"):
        make(crops, 4, 9)
    for world, of in LEVELS.items():
        sizes = list(WORLDS[world].sizes(of(0)))
        assert all(make(of(0), 1, size) is not None for size in (sizes[:1] + sizes[-1:]))
