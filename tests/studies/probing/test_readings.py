"""What probes read is what the network had, cell by cell, whatever batches it came in."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import hooks, maze
from procgen_tools.interventions import observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.statistics.probes import Probe
from procgen_tools.studies.probing.readings import cell_activations, locate, pooled

PIXELS = "embedder.block1.conv_in0"
BLOCK = "embedder.block2.res1.resadd_out"
UNITS = "embedder.relufc_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=3).eval()


@pytest.fixture(scope="module")
def levels() -> list[maze.Maze]:
    """More than one batch."""
    return list(maze.make_bank(range(70)))


@pytest.fixture(scope="module")
def whole(policy: ImpalaPolicy, levels: list[maze.Maze]) -> dict[str, np.ndarray]:
    """Everything, in one pass."""
    with torch.no_grad(), hooks.record(policy) as recorded:
        logits, _ = policy.logits_and_value(observe(levels))
    return {"logits": logits.numpy()} | {
        layer: recorded[layer].numpy() for layer in (PIXELS, BLOCK, UNITS)
    }


def test_cells(policy: ImpalaPolicy, levels: list[maze.Maze], whole: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    cells = {PIXELS: rng.integers(64, size=(70, 2, 2)), BLOCK: rng.integers(16, size=(70, 3, 2))}
    read = cell_activations(policy, levels, cells)
    assert read[PIXELS].shape == (70, 2, 3)
    for layer, chosen in cells.items():
        for level, cell in ((0, 0), (63, 1), (64, 0), (69, 1)):
            row, col = chosen[level, cell]
            np.testing.assert_allclose(
                read[layer][level, cell], whole[layer][level, :, row, col], atol=1e-5
            )


def test_averages(
    policy: ImpalaPolicy, levels: list[maze.Maze], whole: dict[str, np.ndarray]
) -> None:
    views = pooled(policy, levels, [BLOCK, UNITS], side=8)
    by_hand = whole[BLOCK].reshape(70, 32, 8, 2, 8, 2).mean(axis=(3, 5)).reshape(70, -1)
    np.testing.assert_allclose(views.inputs[BLOCK], by_hand, atol=1e-5)
    np.testing.assert_allclose(views.inputs[UNITS], whole[UNITS], atol=1e-5)
    np.testing.assert_allclose(views.logits, whole["logits"], atol=1e-5)


def test_a_cell_is_located(
    policy: ImpalaPolicy, levels: list[maze.Maze], whole: dict[str, np.ndarray]
) -> None:
    """The reddest pixel of every frame, found without the pixels being kept."""
    weights = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    dullest = Probe(np.array([False, True]), -weights, np.zeros(2))
    reddest = Probe(np.array([False, True]), weights, np.array([5.0, 0.0]))
    found = locate(policy, levels, {PIXELS: {"red": reddest, "dull": dullest}})
    for name, best in (("red", np.argmax), ("dull", np.argmin)):
        for level, (row, col) in enumerate(found[PIXELS, name]):
            assert row * 64 + col == best(whole[PIXELS][level, 0])


def test_errors(policy: ImpalaPolicy, levels: list[maze.Maze]) -> None:
    with pytest.raises(ValueError, match="has no cells"):
        cell_activations(policy, levels, {UNITS: np.zeros((70, 1, 2), int)})
    with pytest.raises(ValueError, match="cells of 3 mazes for 70"):
        cell_activations(policy, levels, {BLOCK: np.zeros((3, 1, 2), int)})
    with pytest.raises(ValueError, match=r"no activation 'embedder.block9'"):
        pooled(policy, levels, ["embedder.block9"])
