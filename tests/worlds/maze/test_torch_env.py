"""The torch environment: step by step what procgen does, and exact to resume."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools.worlds.maze.agent_view import draw_levels, draw_mice
from procgen_tools.worlds.maze.levels import LevelRule, level_rule, make_bank
from procgen_tools.worlds.maze.native import NativeMaze
from procgen_tools.worlds.maze.torch_env import TorchMazeEnv, TorchStep

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
EASY = level_rule("maze", "easy")
FIELDS = ("frames", "rewards", "dones", "completed", "steps", "level_seeds")
STATE = ("levels", "squares", "mirrored", "steps")
STAY, RIGHT, UP = 4, 7, 5


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small batches gain nothing from threads, which wait for each other on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_actions(steps: int, num_envs: int, device: str = "cpu", seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 15, (steps, num_envs), generator=generator).to(device)


def play(env: TorchMazeEnv, actions: Tensor) -> list[TorchStep]:
    return [env.step(step) for step in actions]


def assert_equal(ours: list[TorchStep], theirs: list[TorchStep]) -> None:
    for a, b in zip(ours, theirs, strict=True):
        for name in FIELDS:
            assert torch.equal(getattr(a, name).cpu(), getattr(b, name).cpu()), name


# --- the oracle


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("mode", "num_envs", "steps", "levels", "use_backgrounds"),
    [
        ("hard", 16, 1010, (0, 0), True),  # past two step limits
        ("easy", 64, 200, (0, 0), False),
        ("easy", 8, 1010, (77, 3), True),
        ("hard", 8, 300, (4, 1), True),
    ],
)
def test_steps_are_procgens(
    mode: str,
    num_envs: int,
    steps: int,
    levels: tuple[int, int],
    use_backgrounds: bool,
    device: str,
) -> None:
    procgen = pytest.importorskip("procgen")
    start, count = levels
    oracle: Any = procgen.ProcgenGym3Env(
        num=num_envs,
        env_name="maze",
        distribution_mode=mode,
        rand_seed=11,
        start_level=start,
        num_levels=count,
        use_backgrounds=use_backgrounds,
    )
    env = TorchMazeEnv(
        num_envs,
        level_rule("maze", mode),
        device=device,
        seed=11,
        background=None if use_backgrounds else 255,
        seed_range=(start, start + count) if count else (0, 2**31 - 1),
        levels_ahead=3,
    )
    assert np.array_equal(env.observe().cpu().numpy(), oracle.observe()[1]["rgb"])
    lengths = np.zeros(num_envs, int)
    timeouts = cheeses = 0
    for actions in random_actions(steps, num_envs, device):
        oracle.act(actions.cpu().numpy().astype(np.int32))
        rewards, frames, firsts = oracle.observe()
        step = env.step(actions)
        info = oracle.get_info()
        assert np.array_equal(step.frames.cpu().numpy(), frames["rgb"])
        assert np.array_equal(step.rewards.cpu().numpy(), rewards)
        assert np.array_equal(step.dones.cpu().numpy(), firsts)
        assert env.level_seeds.tolist() == [one["level_seed"] for one in info]
        lengths += 1
        assert step.steps.tolist() == lengths.tolist()
        ended = np.flatnonzero(firsts)
        for index in ended:
            assert step.completed[index] == info[index]["prev_level_complete"]
            assert step.level_seeds[index] == info[index]["prev_level_seed"]
        lengths[ended] = 0
        cheeses += int(step.completed.sum())
        timeouts += int((step.dones & ~step.completed).sum())
    assert cheeses > 0 or mode == "hard"
    assert timeouts > 0 or steps < 500


# --- laws


def test_the_number_of_levels_ahead_changes_nothing() -> None:
    actions = random_actions(120, 5)
    runs = [
        play(TorchMazeEnv(5, EASY, seed=2, levels_ahead=ahead, step_limit=9), actions)
        for ahead in (1, 2, 6)
    ]
    assert_equal(runs[0], runs[1])
    assert_equal(runs[0], runs[2])
    assert sum(int(step.dones.sum()) for step in runs[0]) > 5 * 120 // 9


def test_environments_do_not_depend_on_each_other() -> None:
    actions = random_actions(60, 6)
    few = play(TorchMazeEnv(3, EASY, seed=8, step_limit=20), actions[:, :3])
    many = play(TorchMazeEnv(6, EASY, seed=8, step_limit=20), actions)
    for a, b in zip(few, many, strict=True):
        for name in FIELDS:
            assert torch.equal(getattr(a, name), getattr(b, name)[:3])


def test_the_seed_decides() -> None:
    first, same, other = (TorchMazeEnv(4, EASY, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.level_seeds, same.level_seeds)
    assert not torch.equal(first.level_seeds, other.level_seeds)


def test_reset_begins_anew() -> None:
    env = TorchMazeEnv(4, EASY, seed=1, step_limit=7, levels_ahead=2)
    frames = env.observe()
    actions = random_actions(40, 4)
    once = play(env, actions)
    assert torch.equal(env.reset(), frames)
    assert_equal(play(env, actions), once)


def test_each_environment_can_have_its_own_level() -> None:
    rule = level_rule("maze_aisc", "hard", 5)
    seeds = [9, 2, 2**31 - 2]
    env = TorchMazeEnv(3, rule, seed_range=[(s, s + 1) for s in seeds], step_limit=4)
    bank = make_bank(seeds, rule)
    first = draw_levels(bank.cells, bank.backgrounds)
    starts = (25 - bank.sizes.astype(np.int64)) // 2
    draw_mice(first, np.stack([starts, starts], axis=1), np.zeros(3, bool), 25)
    for _ in range(3):
        assert env.level_seeds.tolist() == seeds
        assert np.array_equal(env.observe().numpy(), first)
        play(env, torch.full((4, 3), STAY))


def test_mazes_up_to_a_size() -> None:
    rule = LevelRule(15, 3, max_maze_size=7)
    env = TorchMazeEnv(32, rule, seed=1)
    native = NativeMaze(32, rule=rule, rand_seed=1)
    assert np.array_equal(env.observe().numpy(), native.observe()[1]["rgb"])
    assert set(make_bank(env.level_seeds.numpy(), rule).sizes.tolist()) == {3, 5, 7}


def test_the_edge_of_the_world_stops_the_mouse() -> None:
    # A fixed-size maze has no padding, so that nothing but the edge is below and left of it.
    rule = LevelRule(15, None, fixed_size=True)
    env = TorchMazeEnv(2, rule)
    still = env.observe()
    for action in (0, 1, 2, 3, STAY):
        assert torch.equal(env.step(torch.full((2,), action)).frames, still)


def test_results_belong_to_the_caller() -> None:
    env = TorchMazeEnv(2, EASY, seed=3)
    copy = TorchMazeEnv(2, EASY, seed=3)
    for actions in random_actions(30, 2):
        step, state = env.step(actions), env.state_dict()
        assert_equal([step], [copy.step(actions)])
        given = [getattr(step, name) for name in FIELDS] + [state[name] for name in STATE]
        for tensor in (env.observe(), env.level_seeds, *given):
            tensor.zero_()
    assert torch.equal(env.observe(), copy.observe())


# --- to resume


def stored_and_loaded(state: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    loaded: dict[str, Any] = torch.load(file, weights_only=True)
    return loaded


@pytest.mark.parametrize("before", [0, 1, 37])
def test_a_resumed_environment_goes_on_identically(before: int) -> None:
    rule = level_rule("maze_aisc", "easy", 5)
    actions = random_actions(before + 50, 6)
    env = TorchMazeEnv(6, rule, seed=4, step_limit=13, levels_ahead=2)
    play(env, actions[:before])
    state = stored_and_loaded(env.state_dict())
    resumed = TorchMazeEnv(6, rule, seed=4, step_limit=13, levels_ahead=5)
    play(resumed, random_actions(3, 6, seed=1))
    resumed.load_state_dict(state)
    assert torch.equal(resumed.observe(), env.observe())
    assert_equal(play(resumed, actions[before:]), play(env, actions[before:]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 5}, "seed=4, not 5"),
        ({"step_limit": 12}, "step_limit=13, not 12"),
        ({"background": 255}, "background=None, not 255"),
        ({"rule": level_rule()}, "world_size=15, not 25"),
        ({"num_envs": 2}, "num_envs=3, not 2"),
        ({"seed_range": (0, 9)}, "seed_range=.*, not .*: make the environment with the same"),
    ],
)
def test_a_state_of_other_settings(arguments: dict[str, Any], message: str) -> None:
    settings: dict[str, Any] = {"num_envs": 3, "rule": EASY, "seed": 4, "step_limit": 13}
    state = TorchMazeEnv(**settings).state_dict()
    other = TorchMazeEnv(**{**settings, **arguments})
    frames = other.observe()
    with pytest.raises(ValueError, match=message):
        other.load_state_dict(state)
    assert torch.equal(other.observe(), frames)


@pytest.mark.parametrize(
    ("name", "value"), [("levels", -1), ("levels", 10**15), ("squares", 15), ("steps", 500)]
)
def test_a_state_that_no_play_leads_to(name: str, value: int) -> None:
    env = TorchMazeEnv(3, EASY)
    play(env, random_actions(5, 3))
    state = env.state_dict()
    wrong = {**state, name: torch.full_like(state[name], value)}
    with pytest.raises(ValueError, match=rf"the state's {name} range from {value} to {value}"):
        env.load_state_dict(wrong)
    env.load_state_dict(state)


def test_a_damaged_state() -> None:
    env = TorchMazeEnv(3, EASY)
    play(env, torch.full((2, 3), RIGHT))
    frames, state = env.observe(), env.state_dict()
    with pytest.raises(ValueError, match=r"lacks \['squares'\]: give what state_dict returned"):
        env.load_state_dict({name: state[name] for name in state if name != "squares"})
    with pytest.raises(ValueError, match=r"steps of the state has shape \(2,\) .* not \(3,\)"):
        env.load_state_dict({**state, "steps": state["steps"][:2]})
    with pytest.raises(ValueError, match=r"mirrored of the state .* torch.int64, .* torch.bool"):
        env.load_state_dict({**state, "mirrored": state["steps"]})
    assert torch.equal(env.observe(), frames)


# --- bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_envs": 0}, "num_envs is 0: give a whole number from 1 up"),
        ({"num_envs": 2**40}, "num_envs is 1099511627776: they would take"),
        ({"step_limit": 0}, "step_limit is 0"),
        ({"levels_ahead": 0}, "levels_ahead is 0"),
        ({"rule": LevelRule(15, num_objects=2)}, "only the cheese: use a rule with num_objects=1"),
        ({"rule": LevelRule(31)}, "no pixel tables for a world of 31"),
        ({"seed_range": (5, 5)}, r"seed_range \(5, 5\) is empty"),
        ({"seed_range": (-1, 5)}, r"choose 0 <= low < high <= 2147483647"),
        ({"seed_range": [(0, 1)]}, "a list of 2 such pairs, one for each environment"),
    ],
)
def test_environments_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TorchMazeEnv(**{"num_envs": 2, "rule": EASY, **arguments})


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (torch.zeros(3).long(), r"actions have shape \(3,\) .* give \(2,\) int64 on cpu"),
        (torch.tensor([4, 15]), r"action 15 does not exist: use 0\.\.14"),
        (torch.tensor([-1, 4]), "action -1 does not exist"),
        (torch.zeros(2).long().to("meta"), "are on meta: give"),
    ],
)
def test_actions_that_do_not_exist(actions: Tensor, message: str) -> None:
    env = TorchMazeEnv(2, EASY)
    play(env, torch.tensor([[RIGHT, UP]] * 3))
    state = env.state_dict()
    with pytest.raises(ValueError, match=message):
        env.step(actions)
    assert all(torch.equal(env.state_dict()[name], state[name]) for name in STATE)
