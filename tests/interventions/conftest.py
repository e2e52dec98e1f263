"""A policy, mazes and activations, on which several files try interventions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from procgen_tools import maze
from procgen_tools.interventions import (
    ActivationVector,
    Intervention,
    activations_of,
    observe,
)
from procgen_tools.models import ImpalaPolicy

LAYER = "embedder.block2.res1.resadd_out"

ROW = "embedder.fc_out"


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=1).eval()


@pytest.fixture(scope="module")
def level() -> maze.Maze:
    return maze.make_level(3)


@pytest.fixture(scope="module")
def levels() -> list[maze.Maze]:
    return [maze.make_level(seed) for seed in range(5)]


@pytest.fixture(scope="module")
def observations() -> Tensor:
    return observe([maze.make_level(seed) for seed in range(4)])


def random_vector(policy: nn.Module, layer: str = LAYER, seed: int = 0) -> ActivationVector:
    shape = policy.activation_shapes[layer]
    drawn = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return ActivationVector(layer, drawn, "drawn vector")


def seen(
    policy: nn.Module, intervention: Intervention, observations: Tensor, layer: str = LAYER
) -> tuple[Tensor, Tensor]:
    """The activation before and with an intervention."""
    before = activations_of(policy, observations, layer)
    with intervention.on(policy):
        after = activations_of(policy, observations, layer)
    return before, after
