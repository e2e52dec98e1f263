"""The mirrored policy does in mirrored pictures what the policy does in the pictures."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, mirrored, move_probabilities
from procgen_tools.models.impala import HalvingMaxPool
from procgen_tools.models.mirror import LEFT_RIGHT, UP_DOWN
from tests.models.networks import shaken

BOTH = tuple(LEFT_RIGHT[action] for action in UP_DOWN)
AXES = [
    ({"columns": True}, (-1,), LEFT_RIGHT),
    ({"rows": True}, (-2,), UP_DOWN),
    ({"columns": True, "rows": True}, (-1, -2), BOTH),
]


def drawn(kind: type[ImpalaPolicy] = ImpalaPolicy) -> ImpalaPolicy:
    return shaken(kind(seed=2), seed=3)


@pytest.fixture(scope="module")
def observations() -> Tensor:
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("which", "axes", "swap"), AXES)
def test_every_activation_is_mirrored(
    which: dict[str, bool], axes: tuple[int, ...], swap: tuple[int, ...], observations: Tensor
) -> None:
    policy = drawn()
    image = mirrored(policy, **which)
    with torch.no_grad():
        with hooks.record(policy) as there:
            logits, values = policy.logits_and_value(observations)
        with hooks.record(image) as here:
            swapped, same_values = image.logits_and_value(observations.flip(axes))
    torch.testing.assert_close(swapped[:, list(swap)], logits, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(same_values, values, rtol=1e-4, atol=1e-4)
    for name, activation in there.items():
        if activation.ndim == 4:
            torch.testing.assert_close(here[name].flip(axes), activation, rtol=1e-4, atol=1e-4)


def test_moves_are_mirrored(observations: Tensor) -> None:
    policy = drawn()
    with torch.no_grad():
        moves = move_probabilities(policy.logits_and_value(observations)[0])
        for which, axes, order in (
            ({"columns": True}, (-1,), [1, 0, 2, 3, 4]),
            ({"rows": True}, (-2,), [0, 1, 3, 2, 4]),
        ):
            logits, _ = mirrored(policy, **which).logits_and_value(observations.flip(axes))
            torch.testing.assert_close(
                move_probabilities(logits)[:, order], moves, rtol=1e-4, atol=1e-5
            )


def test_weights_alone_are_a_rough_mirror(observations: Tensor) -> None:
    """And an ordinary policy: same modules, a checkpoint that loads."""
    policy = drawn()
    rough = mirrored(policy, columns=True, exact=False)
    ImpalaPolicy().load_state_dict(rough.state_dict())
    assert type(rough.embedder.block1.maxpool) is HalvingMaxPool
    with torch.no_grad():
        wanted = policy.logits_and_value(observations)[0]
        got = rough.logits_and_value(observations.flip(-1))[0][:, list(LEFT_RIGHT)]
    assert (got - wanted).abs().max() > 1e-3


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("kind", [ImpalaPolicy, RecurrentPolicy])
def test_mirrored_twice_is_the_policy(kind: type[ImpalaPolicy], exact: bool) -> None:
    policy = drawn(kind)
    before = {name: value.clone() for name, value in policy.state_dict().items()}
    twice = mirrored(mirrored(policy, columns=True, exact=exact), columns=True, exact=exact)
    for name, value in twice.state_dict().items():
        assert torch.equal(value, before[name])
        assert torch.equal(policy.state_dict()[name], before[name])
    assert type(twice.embedder.block2.maxpool) is HalvingMaxPool
    assert not torch.equal(
        mirrored(policy, rows=True).embedder.fc.weight, policy.embedder.fc.weight
    )


def test_one_axis_after_the_other_is_both(observations: Tensor) -> None:
    policy = drawn()
    with torch.no_grad():
        one = mirrored(mirrored(policy, columns=True), rows=True).logits_and_value(observations)
        both = mirrored(policy, columns=True, rows=True).logits_and_value(observations)
    torch.testing.assert_close(one, both)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="nothing is mirrored: give columns=True"):
        mirrored(ImpalaPolicy())
    with pytest.raises(ValueError, match="has 9 actions"):
        mirrored(ImpalaPolicy(num_actions=9), rows=True)
