"""The time of vector fields: ours, the method of procgen-tools, and the limit.

The reference is the method of procgen-tools (Turner et al., 2023) with the original library. It
parses the state value by value into objects. For every open square it copies these, moves the
mouse, and writes all values. A new batch of environments, one per square, which also renders
large pictures, takes the states. After one forward pass, it sums the moves of each square.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from procgen_tools import hooks
from procgen_tools.benchmarks.memory import peak_memory
from procgen_tools.benchmarks.rounds import seconds_per_call
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.vfield import CACHED_BATCH, VectorField, vector_field
from procgen_tools.worlds.maze.actions import ACTIONS_OF_MOVE
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.grid import MOVES, Maze
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.state_layout import ENTITY_FIELDS, FIELDS, Field
from procgen_tools.worlds.maze.venv import MazeVenv, create_venv, procgen_engine

OURS = "procgen_tools, one facing"
BOTH = "procgen_tools, both facings"
LIMIT = "forward passes alone"
REFERENCE = "one environment a square"

LEVELS = (3, 0, 17)
"""Seeds of hard levels of 5 x 5, 13 x 13 and 25 x 25 squares."""

TOLERANCE = 1e-5
"""The largest difference of probabilities between two methods, from the rounding of float32."""

SPREAD = 0.1
"""Standard deviation over the squares of the logits of the policy that is measured: large beside
TOLERANCE, and not so large that it magnifies rounding beyond that."""


@dataclass(frozen=True)
class FieldSpeed:
    """Seconds for one field of one maze, by method. The reference requires procgen."""

    maze_size: int
    squares: int
    seconds: dict[str, float]

    @property
    def ratio(self) -> float | None:
        """The speed-up over the reference, for one facing."""
        if REFERENCE not in self.seconds:
            return None
        return self.seconds[REFERENCE] / self.seconds[OURS]


def measure(
    levels: Sequence[int] = LEVELS, scale: int = 1, seconds: float = 3.0, rounds: int = 5
) -> list[FieldSpeed]:
    """Time the methods side by side, after checking that they give the same field.

    Raises:
        ValueError: the methods disagree.
    """
    return [_measure(level, scale, seconds, rounds) for level in levels]


def _measure(level: int, scale: int, seconds: float, rounds: int) -> FieldSpeed:
    venv = create_venv(1, start_level=level, num_levels=1)
    maze = venv.maze()
    policy = spread_policy(maze, scale)
    # With the memory layout and the batches of vector_field.
    frames = torch.from_numpy(agent_frames(maze, maze.open_squares())).permute(0, 3, 1, 2)
    batches = (frames.float() / 255).split(CACHED_BATCH)

    @torch.no_grad()
    def forward() -> None:
        for batch in batches:
            policy(batch)

    ways: dict[str, Callable[[], object]] = {
        OURS: lambda: vector_field(venv, policy, both_facings=False),
        BOTH: lambda: vector_field(venv, policy),
        LIMIT: forward,
    }
    field = vector_field(venv, policy, both_facings=False)
    try:
        _check_equal(field, reference_field(venv, policy))
        ways[REFERENCE] = lambda: reference_field(venv, policy)
    except ModuleNotFoundError:
        pass
    taken = seconds_per_call(ways, rounds=rounds, seconds=seconds)
    return FieldSpeed(maze.size, len(field.squares), taken)


def spread_policy(maze: Maze, scale: int = 1) -> ImpalaPolicy:
    """An untrained policy that acts differently at every square of `maze`, as trained agents do.

    The field of an ordinary untrained policy hardly depends on the mouse, so it would prove
    little.
    """
    policy = ImpalaPolicy(scale, seed=1).eval()
    with torch.no_grad():
        frames = to_observations(agent_frames(maze, maze.open_squares()))
        hidden = policy.embedder(torch.from_numpy(frames))
        for head in (policy.fc_policy, policy.fc_value):
            outputs = head(hidden)
            gain = SPREAD / outputs.std(dim=0)
            head.weight.mul_(gain[:, None])
            head.bias.sub_(outputs.mean(dim=0) * gain)
    return policy


def _check_equal(ours: VectorField, theirs: VectorField) -> None:
    apart = float(np.abs(ours.probabilities - theirs.probabilities).max())
    if not apart < TOLERANCE:
        raise ValueError(
            f"the two methods give probabilities {apart:.2g} apart, more than {TOLERANCE:g}: one "
            "of them is wrong; run the tests"
        )


def reference_field(venv: MazeVenv, policy: ImpalaPolicy) -> VectorField:
    """The field of environment 0, computed with the original library and one environment per
    square.

    Raises:
        ModuleNotFoundError: procgen is not installed.
    """
    maze = venv.maze()
    parsed = parse(venv.env.callmethod("get_state")[0])
    states = []
    for row, col in maze.open_squares():
        values = deepcopy(parsed)
        mouse = values["ents"][0]
        mouse["x"].value, mouse["y"].value = col + maze.padding + 0.5, row + maze.padding + 0.5
        states.append(serialise(values))
    engine = procgen_engine(
        len(states),
        "maze",
        distribution_mode="hard",
        start_level=1,
        num_levels=1,
        num_threads=1 if len(states) < 100 else os.cpu_count(),
        render_mode="rgb_array",
    )
    engine.callmethod("set_state", states)
    observations = torch.from_numpy(to_observations(engine.observe()[1]["rgb"]))
    with torch.no_grad():
        distribution, state_values = policy(observations)
    groups = [list(ACTIONS_OF_MOVE[move]) for move in MOVES]
    probabilities = [
        [square[group].sum().item() for group in groups] for square in distribution.probs
    ]
    return VectorField(maze, np.array(probabilities), state_values.double().numpy())


@dataclass
class Value:
    """A value of a state, and the offset at which it ends."""

    value: int | float | bytes
    end: int


def parse(state: bytes) -> dict[str, Any]:
    """The values of a state, read one by one."""
    end = 0

    def take(size: int) -> bytes:
        nonlocal end
        end += size
        return state[end - size : end]

    def read(field: Field, values: dict[str, Any]) -> Any:
        if field.kind == "cells":
            cell = Field("i", "int", None)
            return [{"i": read(cell, {})} for _ in range(values["data.size"].value)]
        if field.kind == "entities":
            return [read_all(ENTITY_FIELDS) for _ in range(values["ents.size"].value)]
        if field.kind in ("text", "random"):
            return Value(take(struct.unpack("<i", take(4))[0]), end)
        return Value(struct.unpack("<f" if field.kind == "float" else "<i", take(4))[0], end)

    def read_all(fields: Sequence[Field]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in fields:
            values[field.name] = read(field, values)
        return values

    return read_all(FIELDS)


def serialise(values: dict[str, Any]) -> bytes:
    """The state of such values, written one by one."""
    parts: list[bytes] = []

    def write(value: Any) -> None:
        if isinstance(value, dict):
            for part in value.values():
                write(part)
        elif isinstance(value, list):
            for part in value:
                write(part)
        elif isinstance(value.value, bytes):
            parts.append(struct.pack("<i", len(value.value)) + value.value)
        else:
            parts.append(struct.pack("<f" if isinstance(value.value, float) else "<i", value.value))

    write(values)
    return b"".join(parts)


def large_field(scale: int, hooked: bool) -> None:
    """The field of the largest maze in LEVELS.

    Args:
        scale: width of the policy.
        hooked: with an active patch, so that all squares are one batch.
    """
    policy = ImpalaPolicy(scale).eval()
    patches = {"embedder.block2.res1.resadd_out": lambda x: x} if hooked else {}
    with hooks.patched(policy, patches):
        vector_field(create_venv(1, start_level=LEVELS[-1], num_levels=1), policy)


def memory_report(scale: int) -> str:
    """The peak memory of a field of the largest maze, as text."""
    plain, patched = (peak_memory(large_field, scale, hooked) for hooked in (False, True))
    return (
        f"peak memory at scale {scale}, largest maze, both facings: {plain:.2f} GB; "
        f"with a patch {patched:.2f} GB\n"
    )


def report(speeds: Sequence[FieldSpeed], scale: int) -> str:
    """The measurement as a table."""
    lines = [f"one field, policy of scale {scale}, {torch.get_num_threads()} threads"]
    for speed in speeds:
        lines.append(f"\n{speed.maze_size} x {speed.maze_size}, {speed.squares} open squares")
        for name, taken in sorted(speed.seconds.items(), key=lambda item: item[1]):
            times = taken / speed.seconds[LIMIT]
            lines.append(f"  {name:28s} {taken * 1e3:9,.1f} ms  {times:6.2f} x the limit")
        if speed.ratio is None:
            lines.append("  procgen is not installed here: pip install 'procgen-tools[procgen]'")
        else:
            lines.append(
                f"  {speed.ratio:.1f} x faster than one environment per square, same field"
            )
    return "\n".join(lines)
