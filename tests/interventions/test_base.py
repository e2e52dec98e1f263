"""What all interventions have in common: they compose, name themselves and find their layers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from procgen_tools import hooks, maze
from procgen_tools.interventions import (
    NOTHING,
    Add,
    Clamp,
    Mean,
    Resample,
    Scale,
    Zero,
    activations_of,
)
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy
from tests.interventions.conftest import LAYER, ROW, random_vector, seen


def test_compositions(policy: ImpalaPolicy, observations: Tensor) -> None:
    vector = random_vector(policy)
    first, second = Add(vector, 2.0), Scale(LAYER, 0.5)
    x = activations_of(policy, observations, LAYER)
    _, there = seen(policy, first + second, observations)
    _, back = seen(policy, second + first, observations)
    torch.testing.assert_close(there, (x + 2 * vector.values) / 2)
    torch.testing.assert_close(back, x / 2 + 2 * vector.values)
    both = first + second + Zero(ROW)
    assert both.layers == (LAYER, ROW)
    assert str(both) == f"{first}; then {second}; then zero {ROW}"
    with second.on(policy), first.on(policy):  # nested, the outer one acts first
        nested = activations_of(policy, observations, LAYER)
    torch.testing.assert_close(nested, back)


def test_rows_of_units_and_memories(observations: Tensor) -> None:
    policy = RecurrentPolicy().eval()
    before, after = seen(policy, Zero("gru", channels=[7]), observations, "gru_out")
    assert before[:, 7].any()
    assert not after[:, 7].any()
    assert torch.equal(before[:, 8:], after[:, 8:])


def test_sentences(policy: ImpalaPolicy, level: maze.Maze, observations: Tensor) -> None:
    examples = activations_of(policy, observations, LAYER)
    assert str(Add(random_vector(policy), -1.0)) == f"add -1 x the drawn vector to {LAYER}"
    assert str(Zero(ROW, channels=[3])) == f"zero channel 3 of {ROW}"
    assert str(Scale(LAYER, 0.5)) == f"multiply {LAYER} by 0.5"
    assert str(Mean(LAYER, examples)) == f"replace {LAYER} by its mean over 4 examples"
    assert str(Resample(LAYER, examples[:1])) == f"replace {LAYER} by that of another observation"
    assert str(Clamp(LAYER, 5.5, level, [(0, 2)])) == f"set {LAYER} to 5.5 at square (0, 2)"
    assert str(NOTHING) == "nothing"


def test_a_policy_without_names_is_refused() -> None:
    with (
        pytest.raises(TypeError, match=r"activation 'x_out' needs.*Linear does not.*adapt"),
        Zero("x").on(nn.Linear(2, 2)),
    ):
        pass


def test_patches_stay_what_hooks_say(policy: ImpalaPolicy, observations: Tensor) -> None:
    """The same numbers as by a patch written by hand."""
    vector = random_vector(policy)
    with torch.no_grad():
        with Add(vector, -1.0).on(policy):
            ours, _ = policy.logits_and_value(observations)
        with hooks.patched(policy, {LAYER: lambda x: x - vector.values}):
            by_hand, _ = policy.logits_and_value(observations)
    assert torch.equal(ours, by_hand)
