"""The policy of keys and chests: what it forgets and keeps, its window, and its activations."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools import hooks, keys_and_chests
from procgen_tools.models.cnn_lstm import DESIGNS, Centre, CnnLstmPolicy
from procgen_tools.worlds.maze.observations import to_observations
from tests.models.networks import check_precision


@pytest.fixture(scope="module", params=list(DESIGNS))
def policy(request: pytest.FixtureRequest) -> CnnLstmPolicy:
    made = CnnLstmPolicy(request.param, seed=3).eval()
    with torch.no_grad():
        made.pi.weight *= 50  # initial policies are almost uniform
    return made


def observations(policy: CnnLstmPolicy, count: int) -> Tensor:
    levels = keys_and_chests.beginning(keys_and_chests.make_levels(range(count)))
    return to_observations(torch.from_numpy(levels.observations(policy.observation_shape[1] // 12)))


def test_unroll_is_step_after_step(policy: CnnLstmPolicy) -> None:
    seen = observations(policy, 8)
    firsts = torch.tensor([[True, True], [False, False], [False, True], [False, False]])
    with torch.no_grad():
        logits, values, memory = policy.unroll(seen, policy.initial_memory(2), firsts)
        kept = policy.initial_memory(2)
        for time in range(4):
            step_logits, step_values, kept = policy.step(
                seen.unflatten(0, (4, 2))[time], kept, firsts[time]
            )
            torch.testing.assert_close(step_logits, logits[time])
            torch.testing.assert_close(step_values, values[time])
    torch.testing.assert_close(kept, memory)


def test_an_episode_that_begins_forgets(policy: CnnLstmPolicy) -> None:
    old = torch.rand(2, policy.memory_size)
    seen = observations(policy, 2)
    with torch.no_grad():
        fresh = policy.step(seen, policy.initial_memory(2), torch.tensor([False, False]))
        mixed = policy.step(seen, old, torch.tensor([True, False]))
    torch.testing.assert_close(mixed[0][0], fresh[0][0])
    assert not torch.allclose(mixed[0][1], fresh[0][1])


def test_the_memory_is_that_of_torchs_lstm() -> None:
    policy = CnnLstmPolicy("small", seed=1)
    theirs = torch.nn.LSTMCell(128, 128)
    order = [0, 1, 3, 2]  # torch: input, forget, candidate, output
    with torch.no_grad():
        policy.lstm1.wx.bias.normal_()
        for name, ours in (
            ("weight_ih", policy.lstm1.wx.weight),
            ("weight_hh", policy.lstm1.wh.weight),
            ("bias_ih", policy.lstm1.wx.bias),
        ):
            gates = ours.unflatten(0, (4, 128))[order].flatten(0, 1)
            getattr(theirs, name).copy_(gates)
        theirs.bias_hh.zero_()
        inputs, hidden, cell = torch.randn(3, 5, 128)
        memory = policy.lstm1(policy.lstm1.wx(inputs), torch.cat([cell, hidden], dim=1))
        expected = torch.cat(theirs(inputs, (hidden, cell))[::-1], dim=1)
    torch.testing.assert_close(memory, expected)


def test_every_activation_is_recorded_and_can_be_patched(policy: CnnLstmPolicy) -> None:
    seen = observations(policy, 3)
    memory, firsts = policy.initial_memory(3), torch.ones(3, dtype=torch.bool)
    with torch.no_grad(), hooks.record(policy) as found:
        logits, values, after = policy.step(seen, memory, firsts)
    shapes = {name: tuple(found[name].shape[1:]) for name in policy.activation_names}
    assert shapes == policy.activation_shapes
    assert torch.equal(found["pi_out"], logits)
    assert torch.equal(found["vf_out"].flatten(), values)
    assert torch.equal(torch.cat([found["lstm1.cell_out"], found["lstm1.hidden_out"]], 1), after)
    with torch.no_grad(), hooks.patched(policy, {"lstm1.cell_out": torch.zeros_like}):
        _, _, patched = policy.step(seen, memory, firsts)
    assert (patched == 0).all(), "the hidden state is computed from the cell state"


def test_the_window_shows_the_whole_level_around_the_player() -> None:
    states = keys_and_chests.beginning(keys_and_chests.make_levels(range(30)))
    seen = to_observations(torch.from_numpy(states.observations(1)))
    centred = Centre(19)(seen).numpy()
    assert (centred[:, 3].reshape(30, -1).argmax(axis=1) == 9 * 19 + 9).all()
    for one, whole, (row, col) in zip(centred, seen.numpy(), states.players, strict=True):
        top, left = 9 - row, 9 - col
        rows, cols = (slice(max(0, start), start + 12) for start in (top, left))
        inside = whole[:, rows.start - top : 19 - top, cols.start - left : 19 - left]
        assert (one[:, rows, cols] == inside).all()
        outside = np.ones((19, 19), bool)
        outside[rows, cols] = False
        assert (one[0][outside] == 1).all()
        assert (one[1:, outside] == 0).all()
        assert (one[1:3].sum() == whole[1:3].sum()).all()


def test_the_seed_decides_all_parameters() -> None:
    one, same, other = (CnnLstmPolicy("small", seed=seed) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.lstm1.wh.weight, other.lstm1.wh.weight)
    assert sum(each.numel() for each in CnnLstmPolicy().parameters()) == 900_005


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="no design 'smal': choose one of original, small; did"):
        CnnLstmPolicy("smal")
    policy = CnnLstmPolicy("small")
    memory, firsts = policy.initial_memory(1), torch.tensor([True])
    with pytest.raises(ValueError, match=r"give \(batch, 4, 12, 12\)"):
        policy.step(torch.rand(1, 4, 36, 36), memory, firsts)
    with pytest.raises(ValueError, match="give floats in"):
        policy.step(torch.ones(1, 4, 12, 12, dtype=torch.uint8), memory, firsts)


def test_names_of_activations_are_asked_while_recording() -> None:
    policy = CnnLstmPolicy("small").eval()
    with torch.no_grad(), hooks.record(policy, ["fc1"]) as activations:
        policy.step(torch.rand(5, 4, 12, 12), policy.initial_memory(5), torch.ones(5).bool())
        before = activations["fc1"].clone()
        assert "fc1_out" in policy.activation_names
        assert torch.equal(activations["fc1"], before)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(dtype: torch.dtype) -> None:
    check_precision(CnnLstmPolicy("small"), (4, 12, 12), dtype)


def test_names_in_inference_mode() -> None:
    with torch.inference_mode():
        assert len(CnnLstmPolicy("small").activation_names) > 10
