"""The maze as gymnasium environments, and the wrappers over them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers.vector import (
    GrayscaleObservation,
    NormalizeObservation,
    RecordEpisodeStatistics,
    RescaleObservation,
    TransformObservation,
)

from procgen_tools.maze import MazeEnv, MazeVectorEnv, create_venv
from procgen_tools.worlds import (
    StackObservations,
)
from procgen_tools.worlds.maze.actions import MOVE_OF_ACTION
from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.grid import MOVES
from procgen_tools.worlds.maze.human_view import human_frame
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.state import EnvState

MAZE = "procgen_tools/Maze-v0"
SMALL: dict[str, Any] = {"distribution_mode": "easy", "start_level": 202, "num_levels": 2}
"""Easy levels with the cheese one or two steps away, which random play soon solves."""


def random_actions(seed: int, steps: int, num: int) -> np.ndarray:
    """Moves: left, down, up, right."""
    return np.random.default_rng(seed).choice([1, 3, 5, 7], size=(steps, num))


def time_runs_out(envs: MazeVectorEnv) -> None:
    """Three steps are left in every environment."""
    states = [EnvState(state) for state in envs.get_state()]
    for state in states:
        state.set_cheese(None)
        state.state_vals["cur_time"] = 497
    envs.set_state([state.state_bytes for state in states])


# --- one environment


@pytest.mark.filterwarnings("error")
def test_gymnasiums_own_check() -> None:
    check_env(gymnasium.make(MAZE, render_mode="rgb_array", **SMALL).unwrapped)


def test_an_episode_of_one_environment() -> None:
    env = MazeEnv(**SMALL)
    with pytest.raises(ResetNeeded, match="before the first step"):
        env.step(4)
    frame, info = env.reset(seed=3)
    solved = 0
    for action in random_actions(0, 60, 1)[:, 0]:
        maze = env.maze()
        np.testing.assert_array_equal(frame, agent_frame(maze))
        seed = info["level_seed"]
        frame, reward, terminated, truncated, info = env.step(action)
        assert (reward, info["level_seed"]) == (10.0 * terminated, seed)
        if terminated or truncated:
            solved += terminated
            with pytest.raises(ResetNeeded, match="episode is over"):
                env.step(4)
            frame, info = env.reset()
    assert solved >= 3


def test_reset_goes_on_where_the_level_ended() -> None:
    """As the batch does: no level is left out, and one that nobody finished is left."""
    env, engine = MazeEnv(**SMALL), create_venv(1, 202, 2, distribution_mode="easy", rand_seed=9)
    env.reset(seed=9)
    ends = 0
    for action in random_actions(1, 80, 1):
        _, _, terminated, _, _ = env.step(action[0])
        _, _, dones, infos = engine.step(action)
        assert dones[0] == terminated
        if terminated:
            ends += 1
            assert env.reset()[1]["level_seed"] == infos[0]["level_seed"]
    assert env.maze() == engine.maze()
    assert ends >= 5


def test_reset_leaves_an_unfinished_level() -> None:
    env = MazeEnv(distribution_mode="easy")
    seeds = [env.reset(seed=1 if first else None)[1]["level_seed"] for first in (1, 0, 0, 0)]
    assert len(set(seeds)) == 4


def test_a_seed_is_procgens_rand_seed() -> None:
    procgen = pytest.importorskip("procgen")
    theirs = procgen.ProcgenGym3Env(
        num=1, env_name="maze", distribution_mode="hard", rand_seed=77, num_threads=0
    )
    frame, info = MazeEnv().reset(seed=77)
    np.testing.assert_array_equal(frame, theirs.observe()[1]["rgb"][0])
    assert info["level_seed"] == theirs.get_info()[0]["level_seed"]


# --- many that step together


@pytest.mark.parametrize("mode", AutoresetMode)
def test_the_batch_is_gymnasiums_batch_of_single_ones(mode: AutoresetMode) -> None:
    batch = gymnasium.make_vec(MAZE, num_envs=3, autoreset_mode=mode, **SMALL)
    singles = gymnasium.make_vec(
        MAZE,
        num_envs=3,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
        **SMALL,
    )
    assert batch.metadata["autoreset_mode"] is mode
    for space in ("action_space", "observation_space", "single_action_space"):
        assert getattr(batch, space) == getattr(singles, space)
    ends = {"terminated": 0, "truncated": 0}
    for seed in (5, None, [2**32 - 1, 0, 7]):
        ours, theirs = batch.reset(seed=seed), singles.reset(seed=seed)  # type: ignore[arg-type]
        assert data_equivalence(ours, theirs, exact=True)
        for step, actions in enumerate(random_actions(1, 60, 3)):
            if step == 40:
                seen = batch._over.copy()  # type: ignore[attr-defined]
                for envs in (batch, *(env.unwrapped._batch for env in singles.envs)):  # type: ignore[attr-defined]
                    time_runs_out(envs)
                batch._over[:] = seen  # type: ignore[attr-defined]
            ours, theirs = batch.step(actions), singles.step(actions)
            assert data_equivalence(ours, theirs, exact=True), step
            ends["terminated"] += int(ours[2].sum())
            ends["truncated"] += int(ours[3].sum())
            over = ours[2] | ours[3]
            if mode is AutoresetMode.DISABLED and over.any():
                options = {"reset_mask": over}
                resets = [envs.reset(options=dict(options)) for envs in (batch, singles)]
                assert data_equivalence(resets[0], resets[1], exact=True), step
    print(f"\n{ends}")
    assert ends["terminated"] > 10
    assert ends["truncated"] >= 6


def test_a_set_state_waits_for_nothing() -> None:
    envs = MazeVectorEnv(1, autoreset_mode="NextStep", **SMALL)
    envs.reset(seed=1)
    assert any(envs.step(actions)[2][0] for actions in random_actions(3, 60, 1))
    envs.set_state(envs.get_state())
    before = envs.maze().mouse
    ways = [action for action, leads in enumerate(envs.action_masks()[0]) if leads and action < 9]
    envs.step(np.array([next(way for way in ways if way != 4)]))
    assert envs.maze().mouse != before


def test_wrappers_that_want_the_next_step() -> None:
    """gymnasium's own, over our batch and over its batch of single environments."""
    makes: dict[str, Any] = {
        "normalize": lambda envs: NormalizeObservation(envs),
        "grey": lambda envs: GrayscaleObservation(envs, keep_dim=False),
        "rescale": lambda envs: RescaleObservation(envs, np.float32(0), np.float32(1)),
        "transform": lambda envs: TransformObservation(envs, lambda frame: frame),
        "statistics": lambda envs: RecordEpisodeStatistics(envs),
    }
    for name, wrap in makes.items():
        results = []
        for kind in ("vector_entry_point", "sync"):
            options = (
                {"autoreset_mode": "NextStep"}
                if kind != "sync"
                else {"vector_kwargs": {"autoreset_mode": AutoresetMode.NEXT_STEP}}
            )
            envs = wrap(gymnasium.make_vec(MAZE, 2, vectorization_mode=kind, **options, **SMALL))
            seen = [envs.reset(seed=1)]
            seen += [envs.step(actions) for actions in random_actions(3, 20, 2)]
            for result in seen:
                if "episode" in result[-1]:
                    result[-1]["episode"].pop("t")  # the time of day
            results.append(seen)
        assert any(result[2].any() for result in results[0][1:])
        if name == "statistics":
            told = [result[-1]["episode"] for result in results[0] if "episode" in result[-1]]
            assert all({"r", "l"} <= info.keys() for info in told)
            assert told
        assert data_equivalence(results[0], results[1], exact=True), name


def test_action_masks_say_what_moves_the_mouse() -> None:
    envs = MazeVectorEnv(3, **SMALL)
    envs.reset(seed=0)
    env = MazeEnv(**SMALL)
    env.reset(seed=0)
    for actions in random_actions(5, 20, 3):
        masks = envs.action_masks()
        assert masks.shape == (3, 15)
        assert masks[:, [4, *range(9, 15)]].all()
        np.testing.assert_array_equal(env.action_masks(), masks[0])
        for index in range(3):
            maze = envs.maze(index)
            for action, move in enumerate(MOVE_OF_ACTION):
                leads = maze.neighbour(maze.mouse, move) != maze.mouse or MOVES[move] == "STAY"
                assert masks[index, action] == leads
        _, _, ended, _, _ = envs.step(actions)
        if env.step(actions[0])[2]:
            assert ended[0]
            env.reset()


def test_levels_are_those_of_the_settings() -> None:
    envs = MazeVectorEnv(2, start_level=7, num_levels=1, use_backgrounds=False)
    frames, infos = envs.reset(seed=0)
    assert infos["level_seed"].tolist() == envs.level_seeds.tolist() == [7, 7]
    assert envs.maze(1).walls.tolist() == make_level(7).walls.tolist()
    assert envs.maze(1).background is None
    np.testing.assert_array_equal(frames[1], agent_frame(envs.maze(1)))
    envs = MazeVectorEnv(3, env_name="maze_aisc", rand_region=1)
    for index in range(3):
        assert envs.maze(index).cheese == envs.maze(index).corner


def test_render() -> None:
    envs = MazeVectorEnv(2, render_mode="rgb_array")
    envs.reset(seed=0)
    for index, picture in enumerate(envs.render()):
        np.testing.assert_array_equal(picture, human_frame(envs.maze(index)))
    env = MazeEnv(render_mode="rgb_array")
    env.reset(seed=1)
    np.testing.assert_array_equal(env.render(), envs.render()[1])
    with pytest.raises(ValueError, match="make the environment with render_mode='rgb_array'"):
        MazeVectorEnv(1).render()


def test_other_bad_input() -> None:
    with pytest.raises(ValueError, match="unknown render_mode 'human'"):
        MazeVectorEnv(1, render_mode="human")
    with pytest.raises(ValueError, match=r"unknown env_name 'mazes'.*did you mean 'maze'"):
        gymnasium.make_vec(MAZE, env_name="mazes")
    env = MazeEnv(**SMALL)
    env.reset(seed=0)
    before = env.maze()
    for action in (15, -1, 0.5, [1], np.array([1, 2])):
        with pytest.raises(ValueError, match=r"does not exist|give 1 whole numbers|inhomogeneous"):
            env.step(action)
    with pytest.raises(ValueError, match=r"unknown options \['level'\]: this environment has none"):
        env.reset(options={"level": 3})
    assert env.maze() == before


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MazeVectorEnv(0), ValueError, "num_envs is 0: give a whole number from 1 up"),
        (lambda: MazeVectorEnv(2**40), ValueError, "num_envs is 1099511627776: they would take"),
        (lambda: MazeVectorEnv(autoreset_mode="Never"), ValueError, "unknown autoreset_mode 'Nev"),
        (lambda: MazeEnv(autoreset_mode="NextStep"), ValueError, "is for vector environments"),
        (lambda: MazeVectorEnv(2).reset(seed="a"), TypeError, "seed is 'a', of type str"),  # type: ignore[arg-type]
        (lambda: MazeVectorEnv(2).reset(seed=1.5), TypeError, "seed is 1.5, of type float"),  # type: ignore[arg-type]
        (lambda: MazeVectorEnv(2).reset(seed=[1, 1.5]), TypeError, "seed is 1.5"),  # type: ignore[list-item]
        (
            lambda: StackObservations(MazeVectorEnv(2, autoreset_mode="NextStep"), 2),
            ValueError,
            r"needs environments in AutoresetMode\.SAME_STEP",
        ),
    ],
)
def test_wrong_types_and_modes_are_named(
    make: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make()
