"""Our environment against procgen's: frames, rewards, infos, state bytes, both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.grid import Maze, Square
from procgen_tools.worlds.maze.levels import level_rule
from procgen_tools.worlds.maze.native import NativeMaze
from procgen_tools.worlds.maze.state import EnvState

Actions = np.ndarray
SMALL_LEVELS = {"start_level": 202, "num_levels": 2}
"""Easy levels with the cheese one or two steps away, which random play soon solves."""


@dataclass
class Compared:
    """What was compared, with how many differences (an assertion tells the first)."""

    steps: int = 0
    frames: int = 0
    ends: int = 0
    states: int = 0


@pytest.fixture(scope="module")
def compared() -> Iterator[Compared]:
    counts = Compared()
    yield counts
    print(
        f"\ncompared with procgen: {counts.steps} steps of a batch, {counts.frames} frames, "
        f"{counts.ends} ends of levels, {counts.states} states; 0 differences"
    )


def oracle(num: int, mode: str, **options: Any) -> Any:
    procgen = pytest.importorskip("procgen")
    return procgen.ProcgenGym3Env(
        num=num, env_name="maze", distribution_mode=mode, num_threads=0, **options
    )


def ours(num: int, mode: str = "easy", **options: Any) -> NativeMaze:
    return NativeMaze(num, level_rule("maze", mode), **options)


def random_actions(seed: int, steps: int, num: int) -> Actions:
    """All fifteen actions; half of the time the last one again, which comes further."""
    rng = np.random.default_rng(seed)
    actions = rng.integers(15, size=(steps, num), dtype=np.int32)
    for step in range(1, steps):
        repeated = rng.random(num) < 0.6
        actions[step, repeated] = actions[step - 1, repeated]
    return actions


def assert_same_sight(theirs: Any, mine: NativeMaze, compared: Compared) -> None:
    (reward, observation, first), (my_reward, my_observation, my_first) = (
        theirs.observe(),
        mine.observe(),
    )
    np.testing.assert_array_equal(my_reward, reward)
    np.testing.assert_array_equal(my_first, first)
    np.testing.assert_array_equal(my_observation["rgb"], observation["rgb"])
    assert mine.get_info() == theirs.get_info()
    compared.steps += 1
    compared.frames += len(first)
    compared.ends += int(first.sum())


def assert_same_states(theirs: Any, mine: NativeMaze, compared: Compared) -> list[bytes]:
    states: list[bytes] = theirs.callmethod("get_state")
    for index, (state, my_state) in enumerate(
        zip(states, mine.callmethod("get_state"), strict=True)
    ):
        if state != my_state:
            values, my_values = EnvState(state).state_vals, EnvState(my_state).state_vals
            differ = {
                name: (value, my_values[name])
                for name, value in values.items()
                if str(value) != str(my_values[name])
            }
            pytest.fail(f"environment {index}: procgen's values and ours differ: {differ}")
    compared.states += len(states)
    return states


def assert_same_play(
    theirs: Any, mine: NativeMaze, actions: Actions, compared: Compared, *, states_every: int
) -> None:
    assert_same_sight(theirs, mine, compared)
    for step, row in enumerate(actions):
        theirs.act(row)
        mine.act(row)
        assert_same_sight(theirs, mine, compared)
        if step % states_every == 0:
            assert_same_states(theirs, mine, compared)
    assert_same_states(theirs, mine, compared)


@pytest.mark.parametrize("use_backgrounds", [True, False])
@pytest.mark.parametrize("mode", ["easy", "hard"])
@pytest.mark.parametrize(("rand_seed", "num_levels"), [(0, 50), (5, 0)])
def test_play_equals_procgen(
    mode: str, use_backgrounds: bool, rand_seed: int, num_levels: int, compared: Compared
) -> None:
    options = {
        "num_levels": num_levels,
        "use_backgrounds": use_backgrounds,
        "rand_seed": rand_seed,
    }
    theirs, mine = oracle(4, mode, **options), ours(4, mode, **options)
    assert_same_states(theirs, mine, compared)
    # Longer than 500 steps, so that levels end in both ways.
    actions = random_actions(rand_seed, 520, 4)
    assert_same_play(theirs, mine, actions, compared, states_every=73)


def test_start_levels_equal_procgen(compared: Compared) -> None:
    options = {"start_level": 2**31 - 4, "num_levels": 3, "rand_seed": 2**31 - 1}
    theirs, mine = oracle(5, "hard", **options), ours(5, "hard", **options)
    assert_same_play(theirs, mine, random_actions(1, 20, 5), compared, states_every=5)


# --- states, exchanged and edited


def edit_many(state: EnvState) -> None:
    for name in sorted(EDITS.keys() - {"many at once"}):
        EDITS[name](state)


def values(**new: Any) -> Callable[[EnvState], None]:
    return lambda state: state.state_vals.update(new)


def move_mouse(state: EnvState) -> None:
    state.set_mouse(state.to_maze().open_squares()[-1])


def move_cheese(state: EnvState) -> None:
    squares = state.to_maze().open_squares()
    state.set_cheese(squares[len(squares) // 2])


def swap_maze(state: EnvState) -> None:
    walls = np.zeros((5, 5), bool)
    walls[1, 1:4] = True
    state.set_maze(Maze(walls, Square(2, 2), Square(4, 4), state.world_size, background=3))


EDITS: dict[str, Callable[[EnvState], None]] = {
    "nothing": lambda state: None,
    "mouse": move_mouse,
    "mirrored mouse": lambda state: state.set_mouse_mirrored(not state.mouse_mirrored),
    "cheese": move_cheese,
    "no cheese": lambda state: state.set_cheese(None),
    "background": lambda state: state.set_background(7),
    "black background": lambda state: state.set_background(None),
    "maze": swap_maze,
    "timeout": lambda state: state.state_vals.update(timeout=state.state_vals["cur_time"] + 9),
    "time": values(cur_time=485),
    "level seeds": values(level_seed_low=17, level_seed_high=19),
    "last reward": values(last_reward=3.0, last_reward_timer=4),
    "last step": {
        "x": values(action=2, move_action=1, last_move_action=3, special_action=5, step_rand_int=99)
    }["x"],
    "step data": lambda state: state.state_vals.update(
        {"step_data.reward": 10.0, "step_data.done": 1, "step_data.level_complete": 1}
    ),
    "many at once": edit_many,
}


@pytest.mark.parametrize("name", EDITS)
def test_each_goes_on_from_the_others_edited_states(name: str, compared: Compared) -> None:
    options = {"num_levels": 50, "rand_seed": 3}
    theirs, mine = oracle(3, "easy", **options), ours(3, "easy", **options)
    for source, seed in ((theirs, 1), (mine, 2)):
        for row in random_actions(seed, 30, 3):
            theirs.act(row)
            mine.act(row)
        # Environment i goes on from the state of another.
        states = [EnvState(state) for state in np.roll(source.callmethod("get_state"), 1).tolist()]
        for state in states:
            EDITS[name](state)
        for engine in (theirs, mine):
            engine.callmethod("set_state", [state.state_bytes for state in states])
        assert_same_states(theirs, mine, compared)
        assert_same_play(theirs, mine, random_actions(seed, 40, 3), compared, states_every=9)


def test_a_state_set_is_the_state_got() -> None:
    mine = ours(2, num_levels=50)
    for row in random_actions(0, 7, 2):
        mine.act(row)
    states = mine.get_state()
    others = ours(2, rand_seed=9)
    others.set_state(states)
    assert others.get_state() == states


# --- beginning again


def test_restart_is_procgens_action_minus_one(compared: Compared) -> None:
    theirs, mine = oracle(3, "easy", rand_seed=4), ours(3, rand_seed=4)
    for row in random_actions(4, 25, 3):
        theirs.act(row)
        mine.act(row)
    for _ in range(2):
        theirs.act(np.full(3, -1, np.int32))
        mine.restart(np.ones(3, bool))
        assert_same_sight(theirs, mine, compared)
        assert_same_states(theirs, mine, compared)
    assert_same_play(theirs, mine, random_actions(5, 25, 3), compared, states_every=5)


def test_restart_leaves_the_others() -> None:
    mine = ours(3)
    for row in random_actions(0, 5, 3):
        mine.act(row)
    before = mine.get_state()
    mine.restart(np.array([False, True, False]))
    after = mine.get_state()
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True]


def test_restart_with_a_seed_is_a_new_environment(compared: Compared) -> None:
    mine = ours(1, num_levels=50, rand_seed=8)
    state = mine.state(0)
    edit_many(state)
    state.set_background(None)
    mine.set_state([state.state_bytes])
    mine.act(np.array([6]))
    mine.restart(np.array([True]), [21])
    theirs = oracle(1, "easy", num_levels=50, rand_seed=21)
    assert_same_states(theirs, mine, compared)
    assert_same_play(theirs, mine, random_actions(6, 40, 1), compared, states_every=11)


def test_final_frames_show_the_mouse_where_it_ended() -> None:
    mine = ours(3, **SMALL_LEVELS, keep_final_frames=True)
    assert mine.final_frames is not None
    ends = {"cheese": 0, "time": 0}
    for step, row in enumerate(random_actions(2, 150, 3)):
        if step % 20 == 0:
            states = [mine.state(index) for index in range(3)]
            for state in states:
                state.state_vals["timeout"] = state.state_vals["cur_time"] + 3
            mine.set_state([state.state_bytes for state in states])
        before = [mine.state(index).to_maze() for index in range(3)]
        mine.act(row)
        ended = np.flatnonzero(mine.observe()[2])
        assert len(mine.final_frames) == len(ended)
        for index, frame in zip(ended, mine.final_frames, strict=True):
            after = walked(before[index], int(row[index]))
            ends["time" if after.cheese else "cheese"] += 1
            np.testing.assert_array_equal(frame, agent_frame(after))
    assert min(ends.values()) >= 5


def walked(maze: Maze, action: int) -> Maze:
    """The maze after a step, without its cheese if the mouse found it."""
    col, row = (action // 3 - 1, action % 3 - 1) if action < 9 else (0, 0)
    target = Square(maze.mouse.row + (row if col == 0 else 0), maze.mouse.col + col)
    mouse = target if maze.is_open(target) else maze.mouse
    return Maze(
        maze.walls,
        mouse,
        None if mouse == maze.cheese else maze.cheese,
        maze.world_size,
        maze.background,
        mouse_mirrored=col > 0 or (maze.mouse_mirrored and col == 0),
    )


def test_no_final_frames_unless_asked_for() -> None:
    mine = ours(1, **SMALL_LEVELS)
    mine.act(np.array([4]))
    assert mine.final_frames is None


# --- bad input


def with_values(**new: Any) -> Callable[[EnvState], bytes]:
    def changed(state: EnvState) -> bytes:
        state.state_vals.update(new)
        return state.state_bytes

    return changed


def with_mouse_at(x: float) -> Callable[[EnvState], bytes]:
    def changed(state: EnvState) -> bytes:
        state.state_vals["ents"][0]["x"] = x
        return state.state_bytes

    return changed


BAD_STATES: dict[str, tuple[Callable[[EnvState], bytes], str]] = {
    "another world": (lambda _: ours(1, "hard").get_state()[0], "another distribution_mode"),
    "sequential": (
        with_values(**{"options.use_sequential_levels": 1}),
        r"options\.use_sequential_levels is 1.*backend='procgen'",
    ),
    "negative level seeds": (
        with_values(level_seed_low=-5, level_seed_high=5),
        r"level_seed_low and level_seed_high are -5 and 5",
    ),
    "cut": (lambda state: state.state_bytes[:-1], "end"),
    "padded": (lambda state: state.state_bytes + b"\0", "byte"),
    "empty": (lambda _: b"", "end"),
    "mouse between squares": (with_mouse_at(3.3), "is between squares"),
    "mouse beside the maze": (
        with_mouse_at(-0.5),
        r"the mouse, on the outer grid, cannot be at \(\d+, -1\)",
    ),
    "word of a generator": (
        lambda state: with_values(
            **{"rand_gen.str": f"{2**32} " + state.state_vals["rand_gen.str"].split(" ", 1)[1]}
        )(state),
        r"word 0 of a mt19937 is 4294967296",
    ),
}


@pytest.mark.parametrize("name", BAD_STATES)
def test_bad_states_change_nothing(name: str) -> None:
    spoil, message = BAD_STATES[name]
    mine = ours(2, num_levels=50)
    for row in random_actions(0, 5, 2):
        mine.act(row)
    before, frames = mine.get_state(), mine.observe()[1]["rgb"]
    good = mine.state(0)
    good.set_cheese(None)
    with pytest.raises(ValueError, match=message):
        mine.set_state([good.state_bytes, spoil(mine.state(1))])
    assert mine.get_state() == before
    np.testing.assert_array_equal(mine.observe()[1]["rgb"], frames)


# --- copies


def test_what_is_returned_is_the_callers() -> None:
    mine, twin = ours(2, **SMALL_LEVELS), ours(2, **SMALL_LEVELS)
    for row in random_actions(1, 40, 2):
        rewards, observation, firsts = mine.observe()
        for array in (rewards, observation["rgb"], firsts, mine.level_seeds):
            array[...] = 1
        mine.state(0).state_vals["data"][:] = 0
        mine.get_info()[0].clear()
        for returned, expected in zip(mine.observe()[::2], twin.observe()[::2], strict=True):
            np.testing.assert_array_equal(returned, expected)
        np.testing.assert_array_equal(mine.observe()[1]["rgb"], twin.observe()[1]["rgb"])
        mine.act(row)
        twin.act(row)
    assert mine.get_state() == twin.get_state()
    assert mine.get_info() == twin.get_info()


def test_states_set_are_not_kept() -> None:
    mine = ours(1)
    state = mine.state(0)
    mine.set_state([state.state_bytes])
    before = mine.get_state()
    state.set_cheese(None)
    assert mine.get_state() == before
