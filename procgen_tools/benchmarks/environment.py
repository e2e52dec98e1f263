"""Environment steps per second: ours, procgen's, and the limit of copying one frame per step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any, cast

import numpy as np

from procgen_tools.benchmarks.rounds import seconds_per_call
from procgen_tools.worlds import register_environments, world_id
from procgen_tools.worlds.maze.grid import FRAME_SIZE
from procgen_tools.worlds.maze.native import NativeMaze
from procgen_tools.worlds.maze.venv import Gym3Maze, procgen_engine

NATIVE = "procgen_tools, 1 thread"
COPY = "copying frames alone"
PROCGEN = "procgen, {} thread{}"


@dataclass(frozen=True)
class EnvironmentSpeed:
    """Steps per second by engine, observations included, with random actions.

    Attributes:
        num: number of environments in a batch.
        steps_per_second: by engine, including the limit.
        world: what was measured.
    """

    num: int
    steps_per_second: dict[str, float]
    world: str = "hard mode, 64 x 64 frames"

    @property
    def procgen(self) -> float:
        """The best rate of procgen over its thread counts; 0 if it is not installed."""
        speeds = [speed for name, speed in self.steps_per_second.items() if "procgen," in name]
        return max(speeds, default=0.0)

    @property
    def native(self) -> float:
        return self.steps_per_second[NATIVE]

    @property
    def limit(self) -> float:
        return self.steps_per_second[COPY]


def measure(num: int = 256, seconds: float = 3.0, rounds: int = 8) -> EnvironmentSpeed:
    """Measure the engines side by side. procgen is measured only if it is installed."""
    frames = np.random.default_rng(0).integers(0, 256, (num, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    copied = np.empty_like(frames)
    ways: dict[str, Callable[[], object]] = {
        NATIVE: _stepper(NativeMaze(num)),
        COPY: lambda: np.copyto(copied, frames),
    }
    ways |= _procgen_ways(num, "hard")
    taken = seconds_per_call(ways, rounds=rounds, seconds=seconds)
    return EnvironmentSpeed(num, {name: num / time for name, time in taken.items()})


def _procgen_ways(num: int, distribution_mode: str) -> dict[str, Callable[[], object]]:
    """procgen's maze with one thread and with two; empty if procgen is not installed."""
    ways: dict[str, Callable[[], object]] = {}
    for threads in (1, 2):
        try:
            engine = procgen_engine(
                num, "maze", distribution_mode=distribution_mode, rand_seed=0, num_threads=threads
            )
        except ModuleNotFoundError:
            break
        ways[PROCGEN.format(threads, "s" if threads > 1 else "")] = _stepper(engine)
    return ways


def measure_world(
    world: str, num: int = 256, seconds: float = 3.0, rounds: int = 8
) -> EnvironmentSpeed:
    """Measure the environments of a world, with their default settings.

    A world with procgen's frames is measured beside procgen's own maze in easy mode, because no
    package has procgen's other mazes.

    Args:
        world: the name of the world, such as 'keys_and_chests'.
        num: number of environments in a batch.
        seconds: total time of measurement per way.
        rounds: number of turns of each way.

    Raises:
        ValueError: there is no such world.
    """
    import gymnasium
    from gymnasium.spaces import Discrete

    identifier = world_id(world)
    register_environments()
    envs = gymnasium.make_vec(identifier, num)
    seen, _ = envs.reset(seed=0)
    copied = np.empty_like(seen)
    choices = cast(Discrete, envs.single_action_space).n
    actions = cycle(np.random.default_rng(1).integers(0, choices, (64, num)))
    ways: dict[str, Callable[[], object]] = {
        NATIVE: lambda: envs.step(next(actions)),
        COPY: lambda: np.copyto(copied, seen),
    }
    if seen.shape[1:] == (FRAME_SIZE, FRAME_SIZE, 3):
        ways |= _procgen_ways(num, "easy")
    taken = seconds_per_call(ways, rounds=rounds, seconds=seconds)
    rates = {name: num / time for name, time in taken.items()}
    return EnvironmentSpeed(num, rates, f"{identifier}, observations {seen.shape[1:]}")


def _stepper(engine: Gym3Maze) -> Callable[[], Any]:
    """A function that steps an engine with random actions, including its frames."""
    actions = np.random.default_rng(1).integers(0, 15, (64, engine.num)).astype(np.int32)
    rows: Iterator[np.ndarray] = cycle(actions)

    def step() -> Any:
        engine.act(next(rows))
        return engine.observe()

    return step


def report(speed: EnvironmentSpeed) -> str:
    """The measurement as a table."""
    lines = [f"{speed.num} environments, {speed.world}, random actions", ""]
    for name, rate in sorted(speed.steps_per_second.items(), key=lambda item: item[1]):
        lines.append(f"{name:28s} {rate:12,.0f} steps/s  {rate / speed.limit:7.1%} of the limit")
    lines.append("")
    if speed.procgen:
        lines.append(f"{speed.native / speed.procgen:.1f} x procgen at its best thread count")
    elif speed.world == EnvironmentSpeed.world:
        lines.append("procgen is not installed here: pip install 'procgen-tools[procgen]'")
    lines.append(f"{speed.limit / speed.native:.1f} x below the limit of copying frames")
    return "\n".join(lines)
