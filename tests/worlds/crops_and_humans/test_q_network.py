"""The value network: its layers written out, its names, and its parameters from the seed alone."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import leaky_relu

from procgen_tools import hooks
from procgen_tools.models import QNetwork

INPUTS = torch.rand(5, 161, generator=torch.Generator().manual_seed(0))


def test_equals_the_network_written_out() -> None:
    network = QNetwork(7, seed=3)
    hidden = INPUTS
    for layer in (network.fc1, network.fc2, network.fc3):
        hidden = leaky_relu(hidden @ layer.weight.T + layer.bias, 0.1)
    expected = hidden @ network.fc_q.weight.T + network.fc_q.bias
    torch.testing.assert_close(network(INPUTS), expected)
    values, best = network.logits_and_value(INPUTS)
    assert torch.equal(values, network(INPUTS))
    assert torch.equal(best, values.amax(dim=1))


def test_activations_have_the_shapes_that_it_tells() -> None:
    network = QNetwork(7)
    with hooks.record(network) as seen:
        network(INPUTS)
    shapes = {name: tuple(seen[name].shape[1:]) for name in network.activation_names}
    assert shapes == network.activation_shapes
    assert list(network.activation_shapes) == list(network.activation_names)


def test_the_original_has_its_number_of_parameters() -> None:
    assert sum(parameter.numel() for parameter in QNetwork().parameters()) == 2_028_604


def test_the_seed_alone_decides_the_parameters() -> None:
    state = torch.get_rng_state()
    first, again, other = (QNetwork(7, seed=seed).fc1.weight for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.abs().max() <= 161**-0.5


@pytest.mark.usefixtures("unchecked")
def test_bad_sizes_are_explained() -> None:
    with pytest.raises(ValueError, match="width is 0: give a whole number from 1 up"):
        QNetwork(0)
    with pytest.raises(ValueError, match=r"shape \(161,\).*one state needs \[None\]"):
        QNetwork(7)(INPUTS[0])
