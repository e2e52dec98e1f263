"""Activation vectors: the activation in one situation minus the activation in another.

After "activation additions" (Turner et al., 2023, "Understanding and controlling a maze-solving
policy network"), which calls them X-vectors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.checks import of_kind
from procgen_tools.files import read_bounded, unfinished
from procgen_tools.hooks import canonical
from procgen_tools.interventions.base import activation_shape
from procgen_tools.models.interface import Policy
from procgen_tools.models.recurrent import RecurrentPolicy
from procgen_tools.names import reordered
from procgen_tools.shown import LONGEST, summary
from procgen_tools.worlds.maze.agent_view import agent_frame
from procgen_tools.worlds.maze.edit import carve_path_to_world_corner, remove_cheese
from procgen_tools.worlds.maze.grid import GridLevel, Maze
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.state import EnvState

View: TypeAlias = GridLevel | EnvState | Tensor
"""An input for a policy: a maze, a state, or an observation (3, 64, 64)."""

LARGEST_FILE = 2**28
"""Bytes per file; the largest activation of a policy of scale 4 has 2 MB."""


@dataclass(frozen=True, eq=False)
class ActivationVector:
    """A direction at one activation.

    Attributes:
        layer: the name of the activation.
        values: (channel, row, col) or (unit,): the shape of the activation without a batch axis.
        name: a short description.
        world_size: squares per side of the worlds of the mazes that the vector was made from. None
            if they differ, if the vector was made from observations, or if it fits all worlds.

    Example:
        >>> vector = ActivationVector("embedder.fc", torch.tensor([3.0, 0.0, 4.0]), "example")
        >>> vector
        ActivationVector('example', layer=embedder.fc_out, shape=(3,), norm=5, strongest channels
        2, 0, 1)
        >>> vector.only([0]).norm
        3.0
    """

    layer: str
    values: Float[Tensor, "channel ..."]
    name: str
    world_size: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "layer", canonical(self.layer))
        if not torch.isfinite(self.values).all():
            raise ValueError(
                f"{self.name} contains numbers that are not finite: check the policy's weights"
            )

    @property
    def norm(self) -> float:
        """The Euclidean norm over all channels and positions."""
        return float(self.values.norm())

    def __repr__(self) -> str:
        strengths = self.values.detach().reshape(len(self.values), -1).norm(dim=1)
        strongest = strengths.argsort(descending=True)[:3].tolist()
        return summary(
            self,
            repr(shorten(self.name, LONGEST, placeholder="…")),
            f"layer={self.layer}",
            f"shape={tuple(self.values.shape)}",
            f"norm={self.norm:.3g}",
            f"strongest channels {', '.join(map(str, strongest))}",
        )

    def only(self, channels: Sequence[int]) -> ActivationVector:
        """A copy with all other channels set to zero.

        Raises:
            ValueError: a channel that the vector does not have.
        """
        wrong = [channel for channel in channels if not 0 <= channel < len(self.values)]
        if wrong:
            raise ValueError(f"{self.name} has no channel {wrong[0]}: it has {len(self.values)}")
        kept = torch.zeros_like(self.values)
        kept[list(channels)] = self.values[list(channels)]
        listed = ", ".join(map(str, channels))
        return replace(self, values=kept, name=f"{self.name} in channels {listed}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the vector to an .npz file, whole or not at all.

        Raises:
            ValueError: the name does not end in .npz.
        """
        path = _npz(path)
        with unfinished(path) as temporary, temporary.open("wb") as file:
            kept = self.values.detach().cpu()
            # NumPy has no bfloat16, all of whose numbers are numbers in float32.
            values = (kept.float() if kept.dtype == torch.bfloat16 else kept).numpy()
            np.savez(
                file,
                values=values,
                layer=np.array(self.layer),
                name=np.array(self.name),
                world_size=np.array(self.world_size or 0),
            )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ActivationVector:
        """Read a file that `save` wrote. Nothing is unpickled.

        Raises:
            FileNotFoundError: the file does not exist.
            ValueError: the file is damaged or does not contain an activation vector.
        """
        path = _npz(path)
        parts = _arrays(path)
        if missing := {"values", "layer", "name"} - set(parts):
            raise ValueError(
                f"{path} has no {', '.join(sorted(missing))}, so it is not an activation vector: "
                "write one with ActivationVector.save"
            )
        values = parts["values"]
        if values.dtype not in (np.float16, np.float32, np.float64) or values.ndim == 0:
            raise ValueError(
                f"{path} has no array of real numbers under values ({values.dtype} of shape "
                f"{values.shape}): write it again with ActivationVector.save"
            )
        world_size = parts.get("world_size", np.array(0))  # files of earlier versions have none
        if world_size.shape or world_size.dtype.kind not in "iu":
            raise ValueError(
                f"{path} has a world_size of type {world_size.dtype} and shape "
                f"{world_size.shape}, not one number; write it with ActivationVector.save"
            )
        return cls(
            str(parts["layer"]),
            torch.from_numpy(values),
            str(parts["name"]),
            int(world_size) or None,
        )


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz file; nothing is unpickled."""
    content = read_bounded(path, LARGEST_FILE)
    try:
        with np.load(BytesIO(content), allow_pickle=False) as stored:
            if sum(record.file_size for record in stored.zip.infolist()) > LARGEST_FILE:
                raise ValueError("a small file that would unpack to a huge one")
            arrays = dict(stored)
        for name, array in arrays.items():
            if not isinstance(array, np.ndarray):
                raise ValueError(f"{name} has no array")
            if array.dtype.kind == "U":
                array.tolist()  # impossible characters come to light here
        return arrays
    except Exception as error:  # zipfile, zlib and numpy raise many types
        raise ValueError(
            f"{path} is damaged or is not an .npz file ({error}): write it again with "
            "ActivationVector.save"
        ) from error


def _npz(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"{path} does not end in .npz: activation vectors are .npz files")
    return path


def observe(views: View | Sequence[View]) -> Float[Tensor, "view 3 64 64"]:
    """The observation of each maze or state, as floats in [0, 1]; observations are unchanged.

    Raises:
        TypeError: a view is not a maze, a state or an observation.
        ValueError: no views, or an observation of another shape.

    Example:
        >>> from procgen_tools import maze
        >>> observe([maze.parse("..C\\n.##\\nM.."), torch.zeros(3, 64, 64)]).shape
        torch.Size([2, 3, 64, 64])
    """
    seen = [views] if isinstance(views, GridLevel | EnvState) else list(views)
    if isinstance(views, Tensor) and views.ndim == 3:
        seen = [views]
    if not seen:
        raise ValueError("there is nothing to observe: give a maze, a state or an observation")
    return torch.stack([_observation(view) for view in seen])


def _observation(view: View) -> Float[Tensor, "3 64 64"]:
    if isinstance(view, Tensor):
        if view.shape != (3, 64, 64) or not view.is_floating_point():
            raise ValueError(
                f"an observation of shape {tuple(view.shape)} and {view.dtype}: give (3, 64, 64) "
                "floats in [0, 1], that is frames / 255 with the channels first"
            )
        return view
    maze = view.to_maze() if isinstance(view, EnvState) else view
    of_kind("what is observed", maze, GridLevel, "give a Maze, an EnvState or an observation")
    return torch.from_numpy(to_observations(agent_frame(maze)[None]))[0]


@reordered("policy", "layer", "views")
@torch.no_grad()
def activations_of(
    policy: Policy, views: View | Sequence[View], layer: str
) -> Float[Tensor, "view channel *position"]:
    """The activation for each view, with the mouse in place.

    Active patches apply. A policy with a memory runs as in the first step of an episode.

    Raises:
        ValueError: an unknown activation; see also `observe`.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> activations_of(ImpalaPolicy(), [level, level], "embedder.block2.res1.resadd").shape
        torch.Size([2, 32, 16, 16])
    """
    activation_shape(policy, layer)
    parameter = next(policy.parameters())
    device = parameter.device
    observations = observe(views).to(device, parameter.dtype)
    inputs: tuple[Tensor, ...] = (observations,)
    if isinstance(policy, RecurrentPolicy):
        firsts = torch.ones(len(observations), dtype=torch.bool, device=device)
        inputs = (observations, policy.initial_memory(len(observations)), firsts)
    with hooks.record(policy, [layer]) as recorded:
        policy(*inputs)
    return recorded[layer]


def _world_size(*views: View | Sequence[View]) -> int | None:
    """The common world size of all views, if they are mazes or states; otherwise None."""
    sizes: set[int | None] = set()
    for given in views:
        for view in [given] if isinstance(given, GridLevel | EnvState) else given:
            maze = view.to_maze() if isinstance(view, EnvState) else view
            sizes.add(maze.world_size if isinstance(maze, GridLevel) else None)
    return sizes.pop() if len(sizes) == 1 else None


@reordered("policy", "layer", "plus", "minus")
def activation_vector(
    policy: Policy,
    plus: View | Sequence[View],
    minus: View | Sequence[View],
    layer: str,
    *,
    name: str = "activation vector",
) -> ActivationVector:
    """The activation for `plus` minus the activation for `minus`, averaged over several pairs.

    Args:
        policy: any policy of `models`.
        plus: a maze, a state, an observation, or several.
        minus: as many views as `plus`.
        layer: the name of the activation, such as "embedder.block2.res1.resadd".
        name: a short description of the vector.

    Raises:
        ValueError: the numbers of views in `plus` and `minus` differ; see also `activations_of`.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> moved = maze.move_mouse(level, (0, 2))
        >>> vector = activation_vector(ImpalaPolicy(), moved, level, "embedder.fc")
        >>> vector.values.shape, vector.world_size
        (torch.Size([256]), 25)
    """
    first, second = observe(plus), observe(minus)
    if len(first) != len(second):
        raise ValueError(
            f"plus has {len(first)} views and minus has {len(second)}: give as many of both"
        )
    difference = activations_of(policy, first, layer) - activations_of(policy, second, layer)
    return ActivationVector(layer, difference.mean(dim=0), name, _world_size(plus, minus))


@reordered("policy", "layer", "mazes", "edit")
def edit_vector(
    policy: Policy,
    mazes: GridLevel | Sequence[GridLevel],
    layer: str,
    edit: Callable[[Any], GridLevel],
    *,
    name: str,
) -> ActivationVector:
    """The change of an activation under an edit of the maze, averaged over several mazes.

    Raises:
        ValueError: the edit rejects a maze; see also `activation_vector`.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> edit_vector(
        ...     ImpalaPolicy(), level, "embedder.fc", maze.remove_cheese, name="loss of the cheese"
        ... ).name
        'loss of the cheese'
    """
    originals = _listed(mazes)
    edited = [edit(maze) for maze in originals]
    return activation_vector(policy, edited, originals, layer, name=name)


def _listed(mazes: GridLevel | Sequence[GridLevel]) -> list[Any]:
    several = not isinstance(mazes, GridLevel) and hasattr(mazes, "__iter__")
    originals: list[Any] = list(mazes) if several else [mazes]  # type: ignore[arg-type]
    for maze in originals:
        of_kind(
            "a maze",
            maze,
            GridLevel,
            "give a Maze or several, such as maze.make_level(0) or venv.maze(0)",
        )
    return originals


def cheese_vector(policy: Policy, mazes: Maze | Sequence[Maze], layer: str) -> ActivationVector:
    """Activations of mazes with their cheese minus those of the same mazes without it.

    Raises:
        ValueError: a maze without cheese.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> vector = cheese_vector(ImpalaPolicy(), level, "embedder.block2.res1.resadd")
        >>> vector.values[:, 15].abs().max()  # it is local: far from the cheese it is zero
        tensor(0.)
    """
    originals = _listed(mazes)
    for maze in originals:
        if maze.cheese is None:
            raise ValueError("a maze without cheese has no cheese vector: place a cheese first")
    without = [remove_cheese(maze) for maze in originals]
    return activation_vector(policy, originals, without, layer, name="cheese vector")


def top_right_vector(policy: Policy, mazes: Maze | Sequence[Maze], layer: str) -> ActivationVector:
    """Activations of mazes with a path to the world's top-right corner minus those without it.

    The path continues from the maze's corner, so the agent sees a goal further to the top right;
    see `worlds.maze.edit.carve_path_to_world_corner`.

    Example:
        >>> from procgen_tools import maze
        >>> from procgen_tools.models import ImpalaPolicy
        >>> level = maze.parse("..C\\n.##\\nM..")
        >>> top_right_vector(ImpalaPolicy(), level, "embedder.fc").norm > 0
        True
    """
    return edit_vector(policy, mazes, layer, carve_path_to_world_corner, name="top-right vector")
