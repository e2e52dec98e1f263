"""The policy with a memory: what it forgets, what it keeps, and how it is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from procgen_tools import hooks
from procgen_tools.models import ImpalaPolicy, RecurrentPolicy, load_policy, save_policy
from tests.models.networks import check_precision


@pytest.fixture(scope="module")
def policy() -> RecurrentPolicy:
    return RecurrentPolicy(seed=3).eval()


@pytest.fixture(scope="module")
def observations() -> Tensor:
    """(time x batch, 3, 64, 64), four steps of two episodes."""
    return torch.rand(4 * 2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def test_unroll_is_step_after_step(policy: RecurrentPolicy, observations: Tensor) -> None:
    firsts = torch.tensor([[True, True], [False, False], [False, True], [False, False]])
    with torch.no_grad():
        logits, values, memory = policy.unroll(observations, policy.initial_memory(2), firsts)
        kept = policy.initial_memory(2)
        for time in range(4):
            seen = observations.unflatten(0, (4, 2))[time]
            step_logits, step_values, kept = policy.step(seen, kept, firsts[time])
            torch.testing.assert_close(step_logits, logits[time])
            torch.testing.assert_close(step_values, values[time])
    torch.testing.assert_close(kept, memory)


def test_an_episode_that_begins_forgets(policy: RecurrentPolicy, observations: Tensor) -> None:
    old = torch.rand(2, policy.memory_size)
    seen = observations[:2]
    with torch.no_grad():
        fresh = policy.step(seen, policy.initial_memory(2), torch.tensor([False, False]))
        mixed = policy.step(seen, old, torch.tensor([True, False]))
    torch.testing.assert_close(mixed[0][0], fresh[0][0])
    assert not torch.allclose(mixed[0][1], fresh[0][1])
    assert not torch.allclose(mixed[2][1], fresh[2][1])


def test_a_checkpoint_comes_back(policy: RecurrentPolicy, tmp_path: Path) -> None:
    save_policy(policy, tmp_path / "agent.pth")
    again = load_policy(tmp_path / "agent.pth")
    assert isinstance(again, RecurrentPolicy)
    for name, value in policy.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    save_policy(ImpalaPolicy(), tmp_path / "plain.pth")
    assert not isinstance(load_policy(tmp_path / "plain.pth"), RecurrentPolicy)


def test_the_seed_decides_all_parameters() -> None:
    same, other = RecurrentPolicy(seed=3), RecurrentPolicy(seed=4)
    for name, value in RecurrentPolicy(seed=3).state_dict().items():
        assert torch.equal(value, same.state_dict()[name]), name
    assert not torch.equal(same.gru.gru.weight_hh_l0, other.gru.gru.weight_hh_l0)


def test_without_memory_it_cannot_be_asked(policy: RecurrentPolicy, observations: Tensor) -> None:
    with pytest.raises(TypeError, match=r"needs its memory: use step\(obs, memory, firsts\)"):
        policy.logits_and_value(observations)


def test_its_memory_is_an_activation(policy: RecurrentPolicy, observations: Tensor) -> None:
    names = policy.activation_names
    assert names[-3:] == ("gru_out", "fc_policy_out", "fc_value_out")
    assert len(names) == 44
    with hooks.record(policy) as activations, torch.no_grad():
        _, _, memory = policy(observations[:2], policy.initial_memory(2), torch.ones(2).bool())
    assert torch.equal(activations["gru_out"], memory)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(dtype: torch.dtype) -> None:
    check_precision(RecurrentPolicy(), (3, 64, 64), dtype)
