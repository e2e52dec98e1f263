"""Vector fields: what a policy would do at every open square of a maze.

    field = vfield.vector_field(venv, policy)
    vfield.plot_vf(field)

The frames of all squares are computed as one batch. Nothing is simulated, and no environment
changes. `plot_vf`, `plot_vfs` and `plot_heat_map` are in `plots.fields` and load on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from procgen_tools.checks import whole_number
from procgen_tools.fields import (
    FieldDifference,
    StateField,
    VectorField,
    difference,
    total_variation,
)
from procgen_tools.hooks import is_hooked
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.names import accepts_older, lazy
from procgen_tools.worlds.graph import Level, OnSquares
from procgen_tools.worlds.maze.actions import NUM_ACTIONS
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.grid import GridLevel
from procgen_tools.worlds.maze.moves import move_probabilities
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.venv import MazeVenv

_FROM_PLOTS = dict.fromkeys(["plot_heat_map", "plot_vf", "plot_vfs"], "plots.fields")

__all__ = [
    "FieldDifference",
    "StateField",
    "VectorField",
    "difference",
    "state_field",
    "total_variation",
    "vector_field",
    *_FROM_PLOTS,
]

Policy = Callable[[Tensor], tuple[Any, Tensor]]
"""Takes (batch, 3, 64, 64) floats in [0, 1]; returns a distribution with `.logits`, and values."""

CACHED_BATCH = 64
"""Frames in the fastest forward pass on a CPU: their activations fit into its cache."""


@accepts_older(renamed={"idx": "index"})
def vector_field(
    venv_or_maze: MazeVenv | GridLevel,
    policy: Policy,
    *,
    index: int | None = None,
    both_facings: bool = True,
    batch_size: int | None = None,
) -> VectorField:
    """What a policy would do with the mouse at every open square, everything else unchanged.

    Calls `policy(observations)` on the policy's own device, without gradients, in its current mode
    (train or eval). Active patches apply.

    Args:
        venv_or_maze: a maze, or a venv, whose environment `index` is read and not changed.
        policy: an ImpalaPolicy, circrl's `ModuleHook(policy).network`, or any function of
            observations that returns a distribution with `.logits` of 15 actions, and values.
        index: which environment of the venv. Optional for a venv with one environment.
        both_facings: also compute the moves with the mouse facing the other way. This doubles the
            time.
        batch_size: frames per forward pass, to bound memory. By default all squares are one batch
            in the order of `maze.open_squares()`, so that a patch can treat each square
            separately. An ImpalaPolicy without hooks does not depend on the batch, and runs in
            smaller batches on the CPU, for speed.

    Raises:
        ValueError: neither a venv nor a maze, an environment that does not exist, a venv of
            several environments without an index, a batch size below 1, or a policy that returns
            something other than described.
        TypeError: the policy is not callable.

    Example:
        >>> from procgen_tools import maze, models
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> field = vector_field(level, models.ImpalaPolicy())
        >>> field.probabilities.shape  # (open square, move)
        (7, 5)
    """
    maze = _maze(venv_or_maze, index)
    if batch_size is not None:
        batch_size = whole_number("batch_size", batch_size, 1, hint="or None for the fastest")
    probabilities, values = _ask(policy, maze, batch_size)
    flipped = None
    if both_facings:
        other = maze.flipped()
        flipped, _ = _ask(policy, other, batch_size)
    return VectorField(maze, probabilities, values, flipped)


def _maze(venv_or_maze: MazeVenv | GridLevel, index: int | None) -> GridLevel:
    if isinstance(venv_or_maze, MazeVenv):
        return venv_or_maze.maze(index)
    if not isinstance(venv_or_maze, GridLevel):
        raise ValueError(
            "vector_field takes a Maze or a venv from create_venv, not a "
            f"{type(venv_or_maze).__name__}: convert an EnvState with .to_maze()"
        )
    if index is not None:
        raise ValueError(
            f"index {index} selects an environment of a venv, but a maze was given: leave it out"
        )
    return venv_or_maze


@torch.no_grad()
def _ask(
    policy: Policy, maze: GridLevel, batch_size: int | None
) -> tuple[Float[np.ndarray, "square move"], Float[np.ndarray, " square"]]:
    """Move probabilities and values with the mouse at every open square, facing as in the maze."""
    if not callable(policy):
        raise TypeError(
            f"the policy is of type {type(policy).__name__}: give a network, such as "
            "models.load_policy(path) returns"
        )
    observations = square_observations(policy, maze)
    if batch_size is None:
        small = type(policy) is ImpalaPolicy and not is_hooked(policy)
        batch_size = fast_batch(observations) if small else len(observations)
    answers = [_moves_and_values(policy, batch) for batch in observations.split(batch_size)]
    probabilities, values = (torch.cat(parts).numpy() for parts in zip(*answers, strict=True))
    return probabilities, values


def observations_of(policy: Policy, view: np.ndarray) -> Float[Tensor, " place *observation"]:
    """A view as the policy's input, on the device and in the dtype of its parameters.

    Args:
        policy: the policy.
        view: frames, (place, 64, 64, 3) bytes, or numbers that the policy takes unchanged.

    Example:
        >>> observations_of(lambda observations: None, np.zeros((2, 64, 64, 3), np.uint8)).shape
        torch.Size([2, 3, 64, 64])
    """
    observations = torch.from_numpy(view)
    if view.dtype == np.uint8:
        observations = to_observations(observations)
        if not isinstance(policy, ImpalaPolicy):  # another network may need the usual layout
            observations = observations.contiguous()
    device, dtype = place_of(policy)
    return observations.to(device, dtype)


def square_observations(policy: Policy, maze: GridLevel) -> Float[Tensor, "square 3 64 64"]:
    """The observations with the mouse at every open square, facing as in the maze.

    Example:
        >>> from procgen_tools import maze
        >>> square_observations(lambda observations: None, maze.parse("###\\n###\\nM.C")).shape
        torch.Size([3, 3, 64, 64])
    """
    return observations_of(policy, agent_frames(maze, maze.open_squares()))


def assemble(level: Level, answers: Sequence[tuple[Tensor, Tensor]]) -> VectorField | StateField:
    """The field of a level from a policy's logits and values, one pair per view of the level.

    Example:
        >>> from procgen_tools import maze
        >>> level = maze.parse("###\\n###\\nM.C")
        >>> uniform = (torch.zeros(3, 15), torch.zeros(3))
        >>> assemble(level, [uniform, uniform]).at((0, 0)) * 15  # the actions of each move
        array([3., 3., 1., 1., 7.])
    """
    moves = [level.moves(logits) for logits, _ in answers]
    values = [numbers.cpu().double().numpy() for _, numbers in answers]
    if isinstance(level, OnSquares):
        squares: Any = level
        return VectorField(squares, moves[0], values[0], moves[1])
    return StateField(level, np.concatenate(moves), np.concatenate(values))


@torch.no_grad()
def state_field(policy: Any, level: Level) -> VectorField | StateField:
    """What a policy would do in every state of a level of any world.

    Returns a `VectorField` for a level on squares (see `vector_field`), and otherwise a
    `StateField`.

    Args:
        policy: has `logits_and_value`. It runs on its own device, without gradients.
        level: the level.

    Raises:
        ValueError: the policy's outputs do not fit the level.

    Example:
        >>> from procgen_tools import crops_and_humans, models
        >>> level = crops_and_humans.Level(crops_and_humans.training_mazes()[0])
        >>> field = state_field(models.QNetwork(), level)
        >>> field.probabilities.shape, set(field.probabilities.flat)  # a greedy agent
        ((120, 4), {0.0, 1.0})
    """
    answers = []
    for view in level.views():
        observations = observations_of(policy, view)
        parts = [
            policy.logits_and_value(each) for each in observations.split(fast_batch(observations))
        ]
        logits, values = zip(*parts, strict=True)
        answers.append((torch.cat(logits), torch.cat(values)))
    return assemble(level, answers)


def fast_batch(observations: Tensor) -> int:
    """The fastest batch size for these observations, if it makes no difference to results.

    Example:
        >>> fast_batch(torch.zeros(200, 3, 64, 64))
        64
    """
    return CACHED_BATCH if observations.device.type == "cpu" else max(len(observations), 1)


def _moves_and_values(policy: Policy, observations: Tensor) -> tuple[Tensor, Tensor]:
    """One forward pass, checked; results in float64 on the CPU."""
    answer: Any = policy(observations)
    try:
        distribution, values = answer
        logits = distribution.logits
    except (TypeError, ValueError, AttributeError):
        raise ValueError(
            f"the policy returned a {type(answer).__name__}: it must return a distribution with "
            ".logits, such as torch's Categorical, and values; models.adapt(policy) converts the "
            "outputs of most networks"
        ) from None
    count = len(observations)
    if logits.shape != (count, NUM_ACTIONS):
        raise ValueError(
            f"the policy returned logits of shape {tuple(logits.shape)} for {count} "
            f"observations: it must return {(count, NUM_ACTIONS)}, one per action of procgen"
        )
    if not isinstance(values, Tensor):
        raise ValueError(
            f"the policy returned values of type {type(values).__name__}: return a tensor with one "
            "value for each observation, such as zeros where it has none"
        )
    if values.numel() != count:
        raise ValueError(
            f"the policy returned values of shape {tuple(values.shape)} for {count} "
            "observations: it must return one value per observation"
        )
    # Moved to the CPU first, because not every device supports float64.
    return move_probabilities(logits.cpu().double()), values.cpu().double().flatten()


def place_of(policy: Policy) -> tuple[torch.device, torch.dtype]:
    """Device and dtype of the policy's parameters; the CPU and float32 for a function.

    Example:
        >>> place_of(ImpalaPolicy())
        (device(type='cpu'), torch.float32)
    """
    tensors: Iterable[Tensor] = ()
    if isinstance(policy, nn.Module):
        tensors = chain(policy.parameters(), policy.buffers())
    floats = (tensor for tensor in tensors if tensor.is_floating_point())
    first = next(floats, torch.zeros((), dtype=torch.float32, device="cpu"))
    return first.device, first.dtype


__getattr__ = lazy(__name__, _FROM_PLOTS, older="vfield")
