"""States foretold from seeds and actions alone, against procgen's, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.random import MT19937

from procgen_tools.worlds.maze.grid import CHEESE, WALL, Maze, Square
from procgen_tools.worlds.maze.levels import LevelBank, LevelRule, make_bank
from procgen_tools.worlds.maze.random_text import generator_from_text, generator_text, seeded
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_codec import write_values
from procgen_tools.worlds.maze.state_layout import MODE_CODES, MODE_WORLD_SIZES, Values
from procgen_tools.worlds.maze.state_values import (
    LARGE_FRAME_HEIGHT,
    LastStep,
    Moment,
    background_offset,
    base_values,
    maze_state_values,
)


@dataclass
class Forecast:
    """One environment, played without procgen."""

    mode: str
    base: Values
    level_generator: MT19937
    generator: MT19937 = field(init=False)
    level: LevelBank = field(init=False)
    mouse: Square = field(init=False)
    level_seed: int = field(init=False)
    mirrored: bool = False
    time: int = 0
    last_step: LastStep | None = None

    def __post_init__(self) -> None:
        self.start_level(self.draw_level_seed())

    def draw_level_seed(self) -> int:
        low, high = self.base["level_seed_low"], self.base["level_seed_high"]
        return int(low + int(self.level_generator.random_raw()) % (high - low))

    def start_level(self, seed: int) -> None:
        side = MODE_WORLD_SIZES[MODE_CODES[self.mode]]
        self.level_seed, self.level = seed, make_bank([seed], LevelRule(side))
        self.generator = seeded(seed, int(self.level.draws[0]))
        padding = (side - int(self.level.sizes[0])) // 2
        self.mouse, self.mirrored, self.time = Square(padding, padding), False, 0

    def step(self, action: int) -> None:
        drawn = int(self.generator.random_raw()) % 1_000_000
        move = action if 0 <= action < 9 else 4
        right, up = move // 3 - 1, 0 if move // 3 - 1 else move % 3 - 1
        target = Square(self.mouse.row + up, self.mouse.col + right)
        cells = self.level.cells[0]
        inside = min(target) >= 0 and max(target) < len(cells)
        moved = inside and cells[target] != WALL
        self.mouse = target if moved else self.mouse
        self.mirrored = right > 0 or (self.mirrored and right == 0)
        self.time += 1
        found = bool(cells[self.mouse] == CHEESE)
        before = self.last_step
        self.last_step = LastStep(
            action=action,
            moved=bool(moved),
            found_cheese=found,
            ended=found or action == -1 or self.time == 500,
            level_seed=self.level_seed,
            drawn=drawn,
            last_move_action=move if move != 4 else before.last_move_action if before else 7,
            ever_rewarded=found or (before is not None and before.ever_rewarded),
        )
        if self.last_step.ended:
            goes_on = found and self.base["options.use_sequential_levels"]
            self.start_level(self.level_seed + 997 if goes_on else self.draw_level_seed())

    def values(self, frame_height: int = 64) -> Values:
        moment = Moment(
            cells=self.level.cells[0],
            maze_size=int(self.level.sizes[0]),
            level_seed=self.level_seed,
            background=int(self.level.backgrounds[0]),
            background_offset=background_offset(self.level_seed),
            mouse=self.mouse,
            mouse_mirrored=self.mirrored,
            time=self.time,
            level_random_text=generator_text(self.level_generator),
            random_text=generator_text(self.generator),
            last_step=self.last_step,
        )
        return maze_state_values(self.base, moment, frame_height=frame_height)


def forecasts(mode: str, rand_seed: int, num: int, **options: Any) -> list[Forecast]:
    master = seeded(rand_seed)
    return [
        Forecast(mode, base_values(mode, game_n=n, **options), seeded(int(master.random_raw())))
        for n in range(num)
    ]


def procgen_env(mode: str, rand_seed: int, num: int, **options: Any) -> Any:
    procgen = pytest.importorskip("procgen")
    return procgen.ProcgenGym3Env(
        num=num,
        env_name="maze",
        distribution_mode=mode,
        rand_seed=rand_seed,
        num_threads=0,
        **options,
    )


def mostly_moves(rng: np.random.Generator, num: int, *, reset_chance: float = 0.0) -> Any:
    """Random actions of which half are moves in straight runs, which reach the cheese."""
    actions = np.where(rng.random(num) < 0.5, rng.integers(15, size=num), rng.choice([1, 3, 5, 7]))
    return np.where(rng.random(num) < reset_chance, -1, actions).astype(np.int32)


@pytest.mark.parametrize("mode", MODE_CODES)
@pytest.mark.parametrize("sequential", [False, True])
def test_forecast_equals_procgen_byte_for_byte(mode: str, sequential: bool) -> None:
    num, seed = 4, 11 + sequential
    env = procgen_env(mode, seed, num, use_sequential_levels=sequential, use_backgrounds=sequential)
    games = forecasts(
        mode,
        seed,
        num,
        level_seed_low=0,
        level_seed_high=2**31 - 1,
        use_backgrounds=sequential,
        use_sequential_levels=sequential,
    )
    rng = np.random.default_rng(seed)
    resets = 0
    for step in range(100):
        for game, state in zip(games, env.callmethod("get_state"), strict=True):
            assert write_values(game.values()) == state, f"step {step}"
        actions = mostly_moves(rng, num, reset_chance=0.05)
        env.act(actions)
        for game, action in zip(games, actions.tolist(), strict=True):
            game.step(action)
            resets += game.last_step is not None and game.last_step.ended
    assert resets > 5


def test_forecast_equals_procgen_at_found_cheese_and_timeout() -> None:
    """The way to the cheese and one step more, then 500 steps of standing still."""
    env = procgen_env("easy", 0, 1, start_level=3, num_levels=1)
    (game,) = forecasts("easy", 0, 1, level_seed_low=3, level_seed_high=4)
    way = way_to_cheese(game.level[0])
    found = []
    for step, action in enumerate([*way, 6, *[4] * 500, 3]):
        env.act(np.array([action], dtype=np.int32))
        game.step(action)
        if step <= len(way) or step % 50 == 0 or game.time in (0, 1, 499):
            assert env.callmethod("get_state")[0] == write_values(game.values())
        if game.last_step is not None and game.last_step.ended:
            found.append((game.last_step.found_cheese, game.last_step.ever_rewarded))
    assert found == [(True, True), (False, True)]


def way_to_cheese(maze: Maze) -> list[int]:
    assert maze.cheese is not None
    ways: dict[tuple[int, int], list[int]] = {maze.mouse: []}
    queue = [maze.mouse]
    for row, col in queue:
        for action, (up, right) in {1: (0, -1), 7: (0, 1), 5: (1, 0), 3: (-1, 0)}.items():
            square = Square(row + up, col + right)
            if maze.is_open(square) and square not in ways:
                ways[square] = [*ways[row, col], action]
                queue.append(square)
    return ways[maze.cheese]


@pytest.mark.parametrize("mode", MODE_CODES)
def test_large_pictures_change_the_camera_alone(mode: str) -> None:
    env = procgen_env(mode, 5, 1, render_mode="rgb_array")
    (game,) = forecasts(mode, 5, 1, level_seed_low=0, level_seed_high=2**31 - 1)
    for action in (7, 5, 7):
        env.act(np.array([action], dtype=np.int32))
        game.step(action)
        small = env.callmethod("get_state")[0]
        assert small == write_values(game.values())
        env.observe()
        assert env.callmethod("get_state")[0] == write_values(game.values(LARGE_FRAME_HEIGHT))
    env.callmethod("set_state", env.callmethod("get_state"))
    assert env.callmethod("get_state")[0] == small


@pytest.mark.parametrize("mode", MODE_CODES)
def test_procgen_goes_on_from_a_foretold_state(mode: str) -> None:
    """Another procgen environment, of other seeds, takes the state and continues it."""
    env = procgen_env(mode, 99, 1, start_level=50, num_levels=2, use_backgrounds=False)
    (game,) = forecasts(mode, 5, 1, level_seed_low=0, level_seed_high=2**31 - 1)
    rng = np.random.default_rng(2)
    for action in mostly_moves(rng, 30).tolist():
        game.step(action)
    state = write_values(game.values())
    env.callmethod("set_state", [state])
    assert env.callmethod("get_state")[0] == state
    for action in mostly_moves(rng, 60, reset_chance=0.1).tolist():
        env.act(np.array([action], dtype=np.int32))
        game.step(action)
    assert env.callmethod("get_state")[0] == write_values(game.values())


def test_we_go_on_from_an_edited_state_of_procgen() -> None:
    """A set state is the base; what edits made unusual goes on, the mouse's until a reset."""
    env = procgen_env("hard", 5, 1)
    for action in (7, 5, 5, 7):
        env.act(np.array([action], dtype=np.int32))
    state = EnvState(env.callmethod("get_state")[0])
    state.state_vals["cur_time"] = 100
    state.state_vals["timeout"] = 300
    state.state_vals["ents"][0]["health"] = 0.5
    state.set_mouse((0, 0))
    env.callmethod("set_state", [state.state_bytes])
    (game,) = forecasts("hard", 5, 1, level_seed_low=0, level_seed_high=2**31 - 1)
    game.base, game.time = state.state_vals, 100
    game.generator = generator_from_text(state.state_vals["rand_gen.str"])
    game.mirrored = state.mouse_mirrored
    assert write_values(game.values()) == state.state_bytes
    assert env.callmethod("get_state")[0] == state.state_bytes
    for action in (4, 1, 7, 5, -1):
        env.act(np.array([action], dtype=np.int32))
        game.step(action)
        assert env.callmethod("get_state")[0] == write_values(game.values())


def test_base_is_not_changed() -> None:
    (game,) = forecasts("hard", 0, 1, level_seed_low=0, level_seed_high=9)
    before = write_values(game.base)
    game.step(7)
    game.values()
    assert write_values(game.base) == before


def test_unknown_mode_and_action_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown distribution_mode 'extreme': choose one of"):
        base_values("extreme", level_seed_low=0, level_seed_high=1)
    with pytest.raises(ValueError, match=r"action 15 is not in 0\.\.14, nor -1"):
        LastStep(15, True, False, False, 0, 0, 7, False)
