"""States that our engine plays: those it takes it plays as procgen does, the others it refuses."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from procgen_tools.worlds.maze.native import NativeMaze
from procgen_tools.worlds.maze.playable import check_playable
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_layout import ENTITY_FIELDS, FIELDS, Values
from procgen_tools.worlds.maze.state_values import base_values

ACTIONS = (4, 7, 5, 1, 12, 7, 3)
FLOATS = (0.25, float("inf"))
INTEGERS = (3, 2**31 - 1)


def values_of_a_state() -> Values:
    engine = NativeMaze(1, rand_seed=5)
    for action in (7, 5, 5, 7):
        engine.act(np.array([action]))
    return engine.state(0).state_vals


UNUSUAL = [
    (owner, field.name, value)
    for owner, fields in (("state", FIELDS), ("mouse", ENTITY_FIELDS))
    for field in fields
    for value in {"float": FLOATS, "int": INTEGERS, "bool": (0, 1)}.get(field.kind, ())
]


@pytest.fixture(scope="module")
def theirs() -> Any:
    procgen = pytest.importorskip("procgen")
    return procgen.ProcgenGym3Env(num=1, env_name="maze", rand_seed=0, num_threads=0)


def seen(engine: Any) -> tuple[Any, ...]:
    reward, observation, first = engine.observe()
    infos = [{name: int(value) for name, value in info.items()} for info in engine.get_info()]
    picture = observation["rgb"].tobytes()
    return engine.callmethod("get_state"), picture, reward.tobytes(), bool(first[0]), infos


@pytest.mark.filterwarnings("ignore:maze_dim is")
def test_what_is_not_refused_is_played_as_procgen_plays_it(theirs: Any) -> None:
    """Each value of a state changed alone; frames and bytes of some steps and of a reset."""
    ours = NativeMaze(1, rand_seed=0)
    base = values_of_a_state()
    refused, played = set(), 0
    for owner, name, value in UNUSUAL:
        values = {**base, "ents": [dict(base["ents"][0])]}
        (values if owner == "state" else values["ents"][0])[name] = value
        try:
            state = EnvState.from_values(values).state_bytes
            ours.set_state([state])
        except ValueError:
            refused.add(name)
            continue
        theirs.callmethod("set_state", [state])
        what = f"{owner} {name} = {value}"
        assert seen(ours) == seen(theirs), what
        for action in ACTIONS:
            ours.act(np.array([action]))
            theirs.act(np.array([action], np.int32))
            assert seen(ours) == seen(theirs), f"{what}, action {action}"
        ours.restart(np.array([True]))
        theirs.act(np.array([-1], np.int32))
        assert seen(ours) == seen(theirs), f"{what}, reset"
        played += 1
    assert {"vx", "health", "timeout", "game_n", "mixrate"} & refused == set()
    assert played > 80


REFUSED = {
    "options.use_monochrome_assets": 1,
    "options.center_agent": 1,
    "options.use_sequential_levels": 1,
    "grid_step": 0,
    "episodes_remaining": 1,
    "default_action": 3,
    "random_agent_start": 1,
    "min_visibility": 40.0,
    "bg_pct_x": float("nan"),
    "cur_time": 2**31 - 1,
    "level_seed_low": -1,
    "rx": 0.25,
    "ry": 1.0,
    "render_z": 2,
    "will_erase": 1,
    "rotation": -0.0,
    "vrot": 0.5,
    "expire_time": 5,
    "use_abs_coords": 1,
    "friction": 0.5,
    "smart_step": 0,
    "alpha": 0.5,
    "grow_rate": 2.0,
    "alpha_decay": 0.5,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_value_rule_and_remedy(name: str) -> None:
    engine = NativeMaze(1, rand_seed=5)
    before = engine.get_state()
    state = engine.state(0)
    values = state.state_vals
    values["visibility"] = 8.0  # which a camera that follows the mouse needs
    (values if name in values else values["ents"][0])[name] = REFUSED[name]
    message = rf"{re.escape(name)} .*{re.escape(repr(REFUSED[name]))}.*set .*backend='procgen'"
    with pytest.raises(ValueError, match=message):
        engine.set_state([state.state_bytes])
    assert engine.get_state() == before


def test_a_second_entity_is_refused() -> None:
    values = values_of_a_state()
    values["ents"] = values["ents"] * 2
    with pytest.raises(ValueError, match=r"ents has 2 entities.* keep only the one of type 0"):
        check_playable(values)


@pytest.mark.parametrize("mode", ["easy", "hard"])
def test_states_of_procgen_are_played(mode: str) -> None:
    procgen = pytest.importorskip("procgen")
    env = procgen.ProcgenGym3Env(
        num=2, env_name="maze", distribution_mode=mode, rand_seed=1, num_threads=0
    )
    rng = np.random.default_rng(0)
    for _ in range(40):
        for state in env.callmethod("get_state"):
            check_playable(EnvState(state).state_vals)
        env.act(rng.choice([-1, 1, 3, 5, 7], size=2).astype(np.int32))


def test_the_base_of_every_environment_is_played() -> None:
    for mode in ("easy", "hard"):
        check_playable(base_values(mode, level_seed_low=0, level_seed_high=1))
    with pytest.raises(ValueError, match=r"options\.center_agent is 1"):
        check_playable(base_values("memory", level_seed_low=0, level_seed_high=1))


def test_the_clock_of_the_mouse_wraps_as_in_procgen(theirs: Any) -> None:
    values = values_of_a_state()
    values["ents"][0]["life_time"] = 2**31 - 1
    state = EnvState.from_values(values).state_bytes
    ours = NativeMaze(1)
    ours.set_state([state])
    theirs.callmethod("set_state", [state])
    for _ in range(2):
        ours.act(np.array([4]))
        theirs.act(np.array([4], np.int32))
        assert ours.get_state() == theirs.callmethod("get_state")
    assert ours.state(0).state_vals["ents"][0]["life_time"] == -(2**31) + 1
