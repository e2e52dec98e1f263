"""Dry runs: they name what a network computes, and leave the network as it was."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from procgen_tools.models.dry_run import COUNT, activation_shapes_of, probing


class Small(nn.Module):
    """A module in place, a tensor that passes through unchanged, and batch statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 8, stride=8)
        self.norm = nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Sequential(nn.Flatten(), nn.Identity())

    def forward(self, obs: Tensor) -> Tensor:
        return self.head(self.act(self.norm(self.conv(obs))))


def shapes(network: nn.Module, *, every_name: bool = False) -> dict[str, tuple[int, ...]]:
    with probing(network) as obs:
        return activation_shapes_of(network, lambda: network(obs), every_name=every_name)


def test_each_tensor_is_listed_once_in_order_of_computation() -> None:
    assert shapes(Small()) == {
        "conv_in0": (3, 64, 64),
        "conv_out": (4, 8, 8),
        "norm_out": (4, 8, 8),
        "act_out": (4, 8, 8),  # computed in place, and yet another activation
        "head.0_out": (256,),
    }


def test_aliases_are_listed_where_asked_for() -> None:
    once, every = shapes(Small()), shapes(Small(), every_name=True)
    assert once.items() < every.items()
    assert every["head_out"] == every["head.1_out"] == every["head.1_in0"] == (256,)


def test_modes_statistics_and_hooks_are_as_before() -> None:
    network = Small().train()
    network.norm.eval()
    network.act.register_forward_hook(lambda *_: None)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    shapes(network)
    assert [module.training for module in network.children()] == [True, False, True, True]
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert [len(module._forward_hooks) for module in network.modules()].count(0) == 6


def test_modes_are_restored_after_an_error() -> None:
    network = Small().train()

    def fail() -> None:
        with probing(network) as obs:
            assert not network.training
            assert obs.shape == (COUNT, 3, 64, 64)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert network.training
    assert network.norm.training
