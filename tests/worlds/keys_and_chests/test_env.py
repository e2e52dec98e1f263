"""The environment of keys and chests: the contract of worlds, and the infos of an episode."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from procgen_tools import keys_and_chests
from procgen_tools.keys_and_chests import KeysAndChestsEnv, KeysAndChestsVectorEnv
from procgen_tools.worlds.contract import check_world

SMALL: dict[str, Any] = {"width": 7, "height": 6, "max_ticks": 11}
ROOM = keys_and_chests.parse("######/#@kb.#/#....#/#....#/######", max_ticks=3)


@pytest.mark.parametrize("mode", AutoresetMode)
def test_it_keeps_the_contract(mode: AutoresetMode) -> None:
    def make(num_envs: int) -> KeysAndChestsVectorEnv:
        return KeysAndChestsVectorEnv(num_envs, autoreset_mode=mode, can_stay=True, **SMALL)

    assert check_world(make, num_envs=2, num_steps=25).episodes > 0


def test_it_keeps_the_contract_with_levels_of_ones_own() -> None:
    levels = [
        ROOM,
        *keys_and_chests.make_levels(range(5), keys_and_chests.LevelRule(6, 5, max_ticks=9)),
    ]

    def make(num_envs: int) -> KeysAndChestsVectorEnv:
        return KeysAndChestsVectorEnv(num_envs, levels=levels, cell_pixels=1)

    assert check_world(make, num_envs=2, num_steps=25).episodes > 0


def test_the_variants_differ_in_their_chests() -> None:
    for variant, share in (("train", 0.5), ("test", 0.1)):
        envs = gymnasium.make_vec("procgen_tools/KeysAndChests-v0", 50, variant=variant)
        observations, _ = envs.reset(seed=0)
        chests, walls = ((observations[..., channel] > 0).mean() for channel in (2, 0))
        assert chests / (1 - walls) == pytest.approx(1.15 * share, rel=0.1)


def test_what_is_seen_and_told_follows_the_rules() -> None:
    envs = KeysAndChestsVectorEnv(20, variant="test", can_stay=True)
    rng = np.random.default_rng(0)
    _, infos = envs.reset(seed=3)
    states = keys_and_chests.beginning(
        keys_and_chests.make_levels(infos["level_seed"], keys_and_chests.VARIANTS["test"])
    )
    sums = np.zeros((3, 20), np.int64)
    for _ in range(130):
        actions = rng.integers(0, 5, 20)
        stepped = keys_and_chests.step(states, actions)
        observations, rewards, terminations, truncations, infos = envs.step(actions)
        states = stepped.states
        sums += np.array([stepped.rewards, stepped.hidden_rewards, stepped.collected], np.int64)
        assert (rewards == stepped.rewards).all()
        assert not terminations.any()
        told = infos.get("final_info", infos)
        for name, total in zip(
            ("episode_return", "hidden_return", "collected_keys"), sums, strict=True
        ):
            assert (told[name] == total).all()
        seen = np.stack(infos["final_obs"]) if "final_obs" in infos else observations
        assert (seen == states.observations()).all()
    assert truncations.all()
    assert (infos["collected_keys"] == 0).all()


def test_one_episode_of_one_environment() -> None:
    env = KeysAndChestsEnv(levels=[ROOM], render_mode="rgb_array")
    env.reset(seed=0)
    steps = [env.step(action) for action in (2, 2, 2)]
    assert [reward for _, reward, *_ in steps] == [0, 1, 0]
    assert [truncated for *_, truncated, _ in steps] == [False, False, True]
    info = steps[-1][-1]
    assert info == {"level_seed": 0, "episode_return": 1, "hidden_return": 1, "collected_keys": 1}
    assert env.render().shape == (5 * 16, 6 * 16, 3)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)


def test_rules_are_reported() -> None:
    assert KeysAndChestsVectorEnv(p_key=0.2).rule == keys_and_chests.LevelRule(p_key=0.2)
    assert KeysAndChestsVectorEnv(levels=[ROOM]).rule is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"variant": "tset"}, "did you mean 'test'"),
        ({"p_chest": 2.0}, "p_chest is 2.0: give a probability"),
        ({"levels": [ROOM], "p_key": 0.1}, "levels and p_key are both given"),
        ({"cell_pixels": 0}, "cell_pixels is 0"),
    ],
)
def test_bad_settings(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        KeysAndChestsVectorEnv(**settings)


def test_states_of_other_settings_are_rejected() -> None:
    envs = KeysAndChestsVectorEnv(2, **SMALL)
    envs.reset(seed=0)
    before = envs.get_state()
    with pytest.raises(ValueError, match="use a state of the same settings"):
        envs.set_state(KeysAndChestsVectorEnv(3, **SMALL).get_state())
    with pytest.raises(ValueError, match=r"use get_state\(\)"):
        envs.set_state({})
    assert all((envs.get_state()[name] == array).all() for name, array in before.items())
