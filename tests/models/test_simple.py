"""Simple policies: parameters of the originals fit, and sizes are checked."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from procgen_tools import hooks
from procgen_tools.models import (
    ImpalaPolicy,
    MlpPolicy,
    NatureModel,
    NaturePolicy,
)


def test_state_dictionaries_of_the_originals_fit() -> None:
    convs = [f"layers.{number}" for number in (0, 2, 4, 7)]
    names = [f"{layer}.{kind}" for layer in convs for kind in ("weight", "bias")]
    assert list(NatureModel().state_dict()) == names
    assert NatureModel(side=84).layers[7].weight.shape == (512, 64 * 7 * 7)
    assert NatureModel().layers[7].weight.shape == (512, 64 * 4 * 4)
    expected = [f"embedder.layers.{number}.weight" for number in (0, 2, 4)]
    weights = [name for name in MlpPolicy((8, 9, 10)).state_dict() if name.endswith("weight")]
    assert weights == [*expected, "fc_policy.weight", "fc_value.weight"]


@pytest.mark.parametrize("kind", [ImpalaPolicy, MlpPolicy, NaturePolicy])
def test_the_names_of_activations_take_no_pass(kind: Any) -> None:
    """What was recorded stays, and patches do not act."""
    policy = kind(seed=1)
    name = policy.activation_names[1]
    with hooks.record(policy, [name]) as seen:
        policy(torch.rand(1, 3, 64, 64))
        before = seen[name].clone()
        assert policy.activation_shapes[name] == before.shape[1:]
        assert name in policy.activation_names
    assert torch.equal(seen[name], before)


@pytest.mark.parametrize("kind", [MlpPolicy, NaturePolicy])
def test_the_seed_alone_decides_the_parameters(kind: Any) -> None:
    state = torch.get_rng_state()
    first, second, other = kind(seed=3), kind(seed=3), kind(seed=4)
    assert torch.equal(state, torch.get_rng_state())
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(first.fc_policy.weight, other.fc_policy.weight)


def test_bad_sizes_are_explained() -> None:
    with pytest.raises(ValueError, match="at least one layer"):
        MlpPolicy(())
    with pytest.raises(ValueError, match="pictures of at least 36"):
        NatureModel(side=35)
    NatureModel(side=36)
    with pytest.raises(ValueError, match="num_actions is 0"):
        NaturePolicy(num_actions=0)
