"""What probes read: activations of many mazes, of which only that is kept.

Whole activations of thousands of frames would fill gigabytes, so they are gathered batch by batch:
single cells with all their channels, or averages over neighbouring cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32, Int
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from procgen_tools import hooks
from procgen_tools.interventions.base import activation_shape
from procgen_tools.interventions.vectors import observe
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.shown import brief
from procgen_tools.statistics.probes import Probe
from procgen_tools.vfield import CACHED_BATCH
from procgen_tools.worlds.maze.grid import Maze


def cell_activations(
    policy: ImpalaPolicy,
    mazes: Sequence[Maze],
    cells: Mapping[str, Int[np.ndarray, "maze cell row_col"]],
) -> dict[str, Float32[np.ndarray, "maze cell channel"]]:
    """All channels of some cells of activations, as many cells in each maze.

    Args:
        policy: runs on its own device.
        mazes: the mouse where it stands.
        cells: by layer, rows and columns of the activation; `interventions.square_cells` says
            which belong to a square.

    Raises:
        ValueError: an unknown layer, one without positions, or cells of other mazes.
    """
    for layer, of in cells.items():
        if len(activation_shape(policy, layer)) != 3:
            raise ValueError(f"{layer!r} has no cells: name a layer with rows and columns")
        if len(of) != len(mazes):
            raise ValueError(f"cells of {len(of)} mazes for {len(mazes)} mazes: give as many")
    parts: dict[str, list[np.ndarray]] = {layer: [] for layer in cells}
    for rows, activations, _ in _batches(policy, mazes, list(cells)):
        for layer, activation in activations.items():
            row, col = torch.from_numpy(cells[layer][rows]).to(activation.device).unbind(-1)
            which = torch.arange(len(activation), device=activation.device)[:, None]
            parts[layer].append(activation[which, :, row, col].cpu().numpy())
    return {layer: np.concatenate(of) for layer, of in parts.items()}


def locate(
    policy: ImpalaPolicy, mazes: Sequence[Maze], probes: Mapping[str, Mapping[str, Probe]]
) -> dict[tuple[str, str], Int[np.ndarray, "maze row_col"]]:
    """The cell that looks most like the second class of a probe, in each maze.

    Args:
        policy, mazes: as for `cell_activations`.
        probes: by layer and name; of two classes, and of single cells' channels.
    """
    found: dict[tuple[str, str], list[np.ndarray]] = {
        (layer, name): [] for layer, of in probes.items() for name in of
    }
    for _, activations, _ in _batches(policy, mazes, list(probes)):
        for layer, activation in activations.items():
            for name, probe in probes[layer].items():
                weights = torch.from_numpy(probe.weights[1] - probe.weights[0]).to(activation)
                scores = torch.einsum("bcij,c->bij", activation, weights)
                best = scores.flatten(1).argmax(dim=1).cpu().numpy()
                found[layer, name].append(np.stack(np.divmod(best, scores.shape[2]), axis=1))
    return {key: np.concatenate(of) for key, of in found.items()}


@dataclass(frozen=True, eq=False)
class Views:
    """What a policy has of some mazes, each layer as a row of numbers a maze.

    Attributes:
        inputs: by layer, (maze, feature).
        logits: (maze, action)
    """

    inputs: Mapping[str, Float32[np.ndarray, "maze feature"]]
    logits: Float32[np.ndarray, "maze action"]

    __repr__ = brief


def pooled(
    policy: ImpalaPolicy, mazes: Sequence[Maze], layers: Sequence[str], side: int = 8
) -> Views:
    """Whole activations, averaged over neighbouring cells until `side` x `side` are left.

    Raises:
        ValueError: an unknown layer.
    """
    for layer in layers:
        activation_shape(policy, layer)
    parts: dict[str, list[np.ndarray]] = {layer: [] for layer in layers}
    answers = []
    for _, activations, logits in _batches(policy, mazes, layers):
        answers.append(logits.cpu().numpy())
        for layer, activation in activations.items():
            if activation.ndim == 4 and activation.shape[-1] > side:
                activation = adaptive_avg_pool2d(activation, side)
            parts[layer].append(activation.flatten(1).cpu().numpy())
    return Views(
        {layer: np.concatenate(of) for layer, of in parts.items()}, np.concatenate(answers)
    )


def _batches(
    policy: ImpalaPolicy, mazes: Sequence[Maze], layers: Sequence[str]
) -> Iterator[tuple[slice, dict[str, Tensor], Tensor]]:
    """Which mazes, their activations by layer, and the policy's logits, batch by batch."""
    device = next(policy.parameters()).device
    for first in range(0, len(mazes), CACHED_BATCH):
        rows = slice(first, min(first + CACHED_BATCH, len(mazes)))
        observations = observe(mazes[rows]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), hooks.record(policy, layers) as recorded:
            logits, _ = policy.logits_and_value(observations.to(device))
        yield rows, {layer: recorded[layer] for layer in layers}, logits
