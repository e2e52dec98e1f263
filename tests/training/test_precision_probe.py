"""The probe that times a precision: its layers are those that are trained."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from procgen_tools.training.precision_probe import Network


@pytest.mark.parametrize("recurrent", [False, True])
@pytest.mark.parametrize("scale", [1, 2])
def test_it_times_the_layers_that_are_trained(scale: int, recurrent: bool) -> None:
    def shapes(network: torch.nn.Module) -> Counter[tuple[int, ...]]:
        return Counter(
            tuple(value.shape)
            for name, value in network.named_parameters()
            if not name.startswith(("fc_", "heads"))
        )

    kind = RecurrentPolicy if recurrent else ImpalaPolicy
    assert shapes(Network(scale, recurrent)) == shapes(kind(scale))
