"""The environment of crops and humans: the contract of worlds, and an episode."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from procgen_tools import crops_and_humans
from procgen_tools.worlds.contract import check_world


def test_it_keeps_the_contract() -> None:
    def make(num_envs: int) -> crops_and_humans.CropsAndHumansVectorEnv:
        return crops_and_humans.CropsAndHumansVectorEnv(num_envs, step_limit=20)

    # Only the step limit ends most episodes of random play; from the cell before the exit, some
    # reach it.
    assert check_world(make, num_steps=100).episodes > 0


def test_gymnasium_makes_it() -> None:
    import procgen_tools.worlds  # noqa: F401

    one = gymnasium.make("procgen_tools/CropsAndHumans-v0", mazes="production")
    many = gymnasium.make_vec("procgen_tools/CropsAndHumans-v0", 3, mazes="production")
    first, _ = one.reset(seed=5)
    together, infos = many.reset(seed=5)
    assert (together[0] == first).all()
    assert (infos["maze"] < 640).all()


def test_an_episode_to_the_exit() -> None:
    corridor = crops_and_humans.parse("1111111/0000001/0000001/0000001/0000001/0000001/000000E")
    env = crops_and_humans.CropsAndHumansEnv(mazes=corridor[None], render_mode="rgb_array")
    env.reset(seed=0)
    steps = [env.step(action) for action in [3] * 6 + [1] * 6]
    assert [reward for _, reward, *_ in steps] == [-0.25] * 11 + [10.0]
    assert [terminated for _, _, terminated, *_ in steps] == [False] * 11 + [True]
    assert env.render().shape == (280, 280, 3)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


@pytest.mark.usefixtures("unchecked")
def test_mazes_are_checked_before_they_are_converted() -> None:
    known = crops_and_humans.training_mazes()[:1]
    with pytest.raises(ValueError, match="is no cell"):
        crops_and_humans.CropsAndHumansVectorEnv(1, mazes=known.astype(np.int64) + 256)
    with pytest.raises(ValueError, match=r"cells have shape \(8, 8\)"):
        crops_and_humans.CropsAndHumansVectorEnv(1, mazes=np.ones((1, 8, 8), np.int8))
