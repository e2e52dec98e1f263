"""The venv of the notebooks: one face for both engines."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from procgen_tools.maze import MazeVenv, create_venv, parse, state_from_venv, venv_from_mazes
from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.edit import move_mouse, remove_cheese
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import level_rule, make_level
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.venv import venv_pair

CROSS = parse(
    """
    #.C
    ...
    M.#
    """,
    background=2,
)


@pytest.fixture(params=["native", "procgen"])
def backend(request: pytest.FixtureRequest) -> str:
    if request.param == "procgen":
        pytest.importorskip("procgen")
    return str(request.param)


def policy_view(frames: np.ndarray) -> np.ndarray:
    return frames.transpose(0, 3, 1, 2).astype(np.float32) / 255


@pytest.mark.parametrize(
    "options",
    [
        {"num_levels": 0, "rand_seed": 7},
        {"start_level": 202, "num_levels": 2, "distribution_mode": "easy", "rand_seed": 0},
        {"num_levels": 20, "use_backgrounds": False, "rand_seed": 3},
    ],
)
def test_both_backends_are_the_same(options: dict[str, Any]) -> None:
    pytest.importorskip("procgen")
    native, procgen = (create_venv(3, **options, backend=name) for name in ("native", "procgen"))
    np.testing.assert_array_equal(native.reset(), procgen.reset())
    rng = np.random.default_rng(0)
    ends = 0
    for _ in range(200):
        actions = rng.integers(9, size=3)
        results, expected = native.step(actions), procgen.step(actions)
        for ours, theirs in zip(results[:3], expected[:3], strict=True):
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype
        assert results[3] == expected[3]
        ends += int(results[2].sum())
    assert native.env.callmethod("get_state") == procgen.env.callmethod("get_state")
    assert ends or options["num_levels"] != 2


def test_observations_are_frames_as_policies_take_them(backend: str) -> None:
    venv = create_venv(2, num_levels=0, rand_seed=0, backend=backend)
    observations = venv.reset()
    frames = np.stack([agent_frame(venv.maze(index)) for index in range(2)])
    np.testing.assert_array_equal(observations, policy_view(frames))
    assert observations.dtype == np.float32
    assert observations[0] in venv.observation_space
    assert venv.action_space.n == 15


def test_defaults_show_level_0_in_hard_mode(backend: str) -> None:
    venv = create_venv(1, backend=backend)
    assert venv.maze() == make_level(0)
    assert venv.maze().cheese == Square(5, 0)


def test_the_cheese_gives_ten_and_the_next_level(backend: str) -> None:
    venv = venv_from_mazes([CROSS, CROSS], backend=backend)
    seed = venv.state(0).state_vals["current_level_seed"]
    for action in (5, 7, 3, 5, 5):
        _, rewards, dones, _ = venv.step([action, 4])
        assert not rewards.any()
        assert not dones.any()
    observations, rewards, dones, infos = venv.step([7, 4])
    assert (rewards.tolist(), dones.tolist()) == ([10, 0], [True, False])
    assert infos[0]["prev_level_complete"] == 1
    assert infos[0]["prev_level_seed"] == seed
    assert venv.maze(0) == make_level(infos[0]["level_seed"])
    np.testing.assert_array_equal(observations[0], policy_view(agent_frame(venv.maze(0))[None])[0])


def test_venv_from_mazes_shows_them(backend: str) -> None:
    mazes = [CROSS, make_level(3), Maze(CROSS.walls, Square(1, 1), None, background=None)]
    venv = venv_from_mazes(mazes, backend=backend)
    assert [venv.maze(index) for index in range(3)] == mazes
    frames = np.stack([agent_frame(maze) for maze in mazes])
    np.testing.assert_array_equal(venv.reset(), policy_view(frames))


def test_venv_from_easy_mazes(backend: str) -> None:
    maze = make_level(5, level_rule("maze", "easy"))
    assert venv_from_mazes([maze], backend=backend).maze() == maze


def test_venv_from_mazes_of_one_world_only() -> None:
    easy, hard = make_level(0, level_rule("maze", "easy")), make_level(0)
    with pytest.raises(ValueError, match=r"world sizes \[15, 25\] in one venv"):
        venv_from_mazes([easy, hard])
    with pytest.raises(ValueError, match=r"world sizes \[\] in one venv: give one or more"):
        venv_from_mazes([])


def test_setting_one_environment_leaves_the_others(backend: str) -> None:
    venv = create_venv(3, num_levels=0, rand_seed=0, backend=backend)
    for _ in range(5):
        venv.step([5, 7, 7])
    before, seen = venv.env.callmethod("get_state"), venv.reset()
    state = state_from_venv(venv, 1)
    state.set_cheese(None)
    venv.set_state(1, state)
    after = venv.env.callmethod("get_state")
    assert after[1] == state.state_bytes != before[1]
    venv.set_maze(CROSS, index=1)
    assert venv.maze(1) == CROSS
    assert venv.state(1).state_vals["cur_time"] == 0
    after = venv.env.callmethod("get_state")
    assert [after[0], after[2]] == [before[0], before[2]]
    np.testing.assert_array_equal(venv.reset()[[0, 2]], seen[[0, 2]])


def test_states_and_mazes_are_copies(backend: str) -> None:
    venv = create_venv(1, backend=backend)
    before, seen = venv.env.callmethod("get_state"), venv.reset()
    venv.state().set_cheese(None)
    venv.reset()[...] = 0
    assert venv.env.callmethod("get_state") == before
    np.testing.assert_array_equal(venv.reset(), seen)


def test_render_is_the_human_frame(backend: str) -> None:
    venv = create_venv(2, num_levels=0, rand_seed=0, backend=backend)
    np.testing.assert_array_equal(venv.render(index=1), human_frame(venv.maze(1)))
    np.testing.assert_array_equal(venv.render(mode="rgb_array", index=0), human_frame(venv.maze(0)))
    with pytest.raises(ValueError, match="unknown mode 'human': give 'rgb_array'"):
        venv.render(mode="human")


def test_cheese_of_maze_aisc_is_in_its_region() -> None:
    venv = create_venv(20, num_levels=0, env_name="maze_aisc", rand_region=5, rand_seed=0)
    for index in range(20):
        maze = venv.maze(index)
        assert maze.cheese is not None
        assert min(maze.cheese) >= maze.size - 5
    venv = create_venv(5, num_levels=0, env_name="maze_aisc", rand_seed=0)
    for index in range(5):
        assert venv.maze(index).cheese == venv.maze(index).corner


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"env_name": "mase"}, "unknown env_name 'mase'.*did you mean 'maze'"),
        ({"distribution_mode": "medium"}, "unknown distribution_mode 'medium'.*'easy', 'hard'"),
        ({"backend": "proc"}, r"unknown backend 'proc': choose one of .*did you mean 'procgen'\?"),
        ({"backend": "gym"}, r"unknown backend 'gym': choose one of \['native', 'procgen'\]$"),
        ({"rand_region": 5}, "rand_region 5 means nothing in 'maze'"),
        ({"env_name": "maze_aisc", "backend": "procgen"}, "no 'maze_aisc': use backend='native'"),
        ({"start_level": -1}, "start_level -1"),
        ({"num": 0}, "num is 0"),
        ({"num": 0, "backend": "procgen"}, "num is 0"),
        ({"num": 2**40}, r"num is 1099511627776: they would take .* GB, .*; give at most \d+"),
        ({"rand_seed": -1}, r"rand_seed is -1: give a whole number in 0\.\."),
        ({"rand_seed": 2**31}, "rand_seed is 2147483648"),
        ({"render_mode": "human"}, "unknown render_mode 'human': use 'rgb_array' or None"),
        ({"env_name": 5}, "unknown env_name 5"),
        ({"distribution_mode": ["easy"]}, r"unknown distribution_mode \['easy'\]"),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        create_venv(**{"num": 1, **options})


def test_without_procgen_the_error_tells_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_procgen(name: str, *rest: Any, **more: Any) -> Any:
        if name == "procgen":
            raise ModuleNotFoundError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_procgen)
    with pytest.raises(ModuleNotFoundError, match="use backend='native'"):
        create_venv(1, backend="procgen")


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "act",
    [
        lambda venv: venv.step([4]),
        lambda venv: venv.step([4, 15]),
        lambda venv: venv.step([4, -1]),
        lambda venv: venv.step([4.0, 1.0]),
        lambda venv: venv.step([True, False]),
        lambda venv: venv.set_state(2, venv.state(0)),
        lambda venv: venv.set_state(-1, venv.state(0)),
        lambda venv: venv.state(2),
        lambda venv: venv.set_maze(make_level(0, level_rule("maze", "easy")), index=0),
    ],
)
def test_bad_calls_change_nothing(act: Callable[[MazeVenv], Any], backend: str) -> None:
    venv = create_venv(2, num_levels=0, rand_seed=0, backend=backend)
    venv.step([7, 5])
    before = venv.env.callmethod("get_state")
    with pytest.raises(ValueError, match=r"give 2 whole numbers|numbered from 0|does not fit"):
        act(venv)
    assert venv.env.callmethod("get_state") == before


def test_edit_changes_one_maze_and_no_clock() -> None:
    venv = create_venv(2, 0, 2, rand_seed=0)
    for _ in range(3):
        venv.step([4, 4])
    other = venv.state(1).state_bytes
    level = venv.maze(0)
    venv.edit(remove_cheese, index=0)
    assert venv.maze(0) == remove_cheese(level)
    assert venv.state(0).state_vals["cur_time"] == 3
    assert venv.state(1).state_bytes == other
    before = venv.state(0).state_bytes
    with pytest.raises(ValueError, match=r"cannot stand at \(1, 1\): that square is a wall"):
        venv.edit(lambda maze: move_mouse(maze, (1, 1)), index=0)
    assert venv.state(0).state_bytes == before


def test_a_pair_shows_the_maze_and_its_edit() -> None:
    level = make_level(0)
    with_cheese, without = venv_pair(level, remove_cheese)
    assert (with_cheese.maze(), without.maze()) == (level, remove_cheese(level))
    observations = with_cheese.reset(), without.reset()
    assert np.array_equal(observations[0][0], to_observations(agent_frame(level)[None])[0])
    assert not np.array_equal(*observations)


def test_levels_are_random_unless_seeded(backend: str) -> None:
    """As procgen's: a script that makes one environment after another sees other levels."""
    levels = {
        int(create_venv(1, num_levels=0, backend=backend).step([4])[3][0]["level_seed"])
        for _ in range(4)
    }
    assert len(levels) == 4
    first, second = (create_venv(3, num_levels=0, rand_seed=5, backend=backend) for _ in range(2))
    assert first.env.callmethod("get_state") == second.env.callmethod("get_state")


def test_venvs_of_mazes_are_the_same_each_time(backend: str) -> None:
    first, second = (venv_from_mazes([CROSS], backend=backend) for _ in range(2))
    assert first.env.callmethod("get_state") == second.env.callmethod("get_state")


@pytest.mark.parametrize(
    "ask",
    [
        lambda venv: venv.maze(),
        lambda venv: venv.state(),
        lambda venv: venv.render(),
        lambda venv: venv.edit(remove_cheese),
        lambda venv: venv.set_maze(CROSS),
        state_from_venv,
    ],
)
def test_which_of_several_environments_must_be_said(ask: Callable[[MazeVenv], Any]) -> None:
    venv = create_venv(2, rand_seed=0)
    before = venv.env.callmethod("get_state")
    with pytest.raises(ValueError, match=r"has 2 environments: choose one .*index=0 to index=1"):
        ask(venv)
    assert venv.env.callmethod("get_state") == before
    ask(create_venv(1))


def test_large_pictures_come_with_the_infos(backend: str) -> None:
    """Where the engine was made for it: the original toolkit renders from there."""
    venv = create_venv(2, num_levels=0, rand_seed=0, render_mode="rgb_array", backend=backend)
    assert venv.env.get_info()[0]["rgb"].shape == (512, 512, 3)
    _, _, _, infos = venv.step([7, 5])
    for index, info in enumerate(infos):
        assert (info["rgb"].shape, info["rgb"].dtype) == ((512, 512, 3), np.uint8)
        if backend == "native":
            np.testing.assert_array_equal(info["rgb"], human_frame(venv.maze(index)))
        assert isinstance(info["level_seed"], int)
    assert "rgb" not in create_venv(1, backend=backend).step([4])[3][0]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num": 1.5}, "num is 1.5, of type float: give a whole number from 1 up"),
        ({"num": None}, "num is None, of type NoneType"),
        ({"start_level": "3"}, "start_level is '3', of type str"),
        ({"num_levels": 1.0}, "num_levels is 1.0, of type float"),
        (
            {"rand_seed": "a"},
            r"rand_seed is 'a', of type str: give a whole number in 0\.\.2147483647",
        ),
        ({"rand_seed": True}, "rand_seed is True, of type bool"),
        ({"use_backgrounds": "no"}, "use_backgrounds is 'no', of type str: give True or False"),
        ({"env_name": "maze_aisc", "rand_region": 2.5}, "rand_region is 2.5, of type float"),
    ],
)
def test_arguments_of_a_wrong_type_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        create_venv(**{"num": 1, **options})


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda venv: venv.state("0"), "index is '0', of type str"),
        (lambda venv: venv.set_state(0, b""), "the state is of type bytes: give an EnvState"),
        (lambda venv: venv_from_mazes([venv]), "a maze is of type MazeVenv: give values of type"),
    ],
)
def test_calls_of_a_wrong_type_are_named(act: Callable[[MazeVenv], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        act(create_venv(1))


def test_a_maze_of_its_own_makes_a_venv() -> None:
    assert venv_from_mazes(CROSS).maze() == CROSS
