from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from procgen_tools import hooks
from procgen_tools.models import RESUME_POINTS, ImpalaPolicy, RecurrentPolicy
from procgen_tools.models.impala import HalvingMaxPool
from tests.models.networks import shaken


@pytest.fixture(scope="module")
def observations() -> Tensor:
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def drawn(scale: int = 1) -> ImpalaPolicy:
    """A policy with no parameter zero or tiny, so that no term can hide."""
    return shaken(ImpalaPolicy(scale, seed=2), seed=3)


def reference_forward(state: dict[str, Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """The published network written out, from nothing but its parameters."""

    def conv(x: Tensor, name: str) -> Tensor:
        return functional.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=1)

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    for block in ("embedder.block1", "embedder.block2", "embedder.block3"):
        x = functional.max_pool2d(conv(x, f"{block}.conv"), 3, stride=2, padding=1)
        for residual in (f"{block}.res1", f"{block}.res2"):
            inside = conv(x.clamp(min=0), f"{residual}.conv1")
            x = x + conv(inside.clamp(min=0), f"{residual}.conv2")
    hidden = linear(x.clamp(min=0).reshape(len(x), -1), "embedder.fc").clamp(min=0)
    return linear(hidden, "fc_policy"), linear(hidden, "fc_value")[:, 0]


@pytest.mark.parametrize("scale", [1, 4])
def test_equals_the_network_written_out(scale: int, observations: Tensor) -> None:
    policy = drawn(scale)
    with torch.no_grad():
        logits, value = policy.logits_and_value(observations)
        expected_logits, expected_value = reference_forward(policy.state_dict(), observations)
    assert logits.std() > 0.1
    torch.testing.assert_close(logits, expected_logits)
    torch.testing.assert_close(value, expected_value)


@pytest.mark.parametrize("sides", [(2, 2), (64, 64), (6, 10), (5, 8), (7, 7)])
@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_max_pools_are_those_of_torch(
    sides: tuple[int, int], kind: torch.dtype, layout: torch.memory_format
) -> None:
    """With gradients and without, and negative numbers are not less than the padding."""
    x = torch.randn(2, 3, *sides, generator=torch.Generator().manual_seed(0)) - 5
    x[1, 2, 0, 1] = torch.nan
    x = x.to(kind).to(memory_format=layout)
    wanted, before = functional.max_pool2d(x, 3, stride=2, padding=1), x.clone()
    for gradients in (True, False):
        with torch.set_grad_enabled(gradients):
            found = HalvingMaxPool()(x)
        torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)
        torch.testing.assert_close(x, before, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(("scale", "count"), [(1, 626_256), (4, 3_653_136)])
def test_parameter_counts(scale: int, count: int) -> None:
    assert sum(parameter.numel() for parameter in ImpalaPolicy(scale).parameters()) == count


def test_parameters_have_the_published_names() -> None:
    convs = ["conv", *(f"res{i}.conv{j}" for i in (1, 2) for j in (1, 2))]
    layers = [f"embedder.block{block}.{conv}" for block in (1, 2, 3) for conv in convs]
    layers += ["embedder.fc", "fc_policy", "fc_value"]
    expected = [f"{layer}.{kind}" for layer in layers for kind in ("weight", "bias")]
    assert list(ImpalaPolicy().state_dict()) == expected
    assert len(expected) == 36


def test_names_43_activations_in_order_of_computation() -> None:
    residual = ["relu1", "conv1", "relu2", "conv2", "resadd"]
    block = ["conv", "maxpool", *(f"res{i}.{name}" for i in (1, 2) for name in residual)]
    expected = ["embedder.block1.conv_in0"]
    expected += [f"embedder.block{i}.{name}_out" for i in (1, 2, 3) for name in block]
    expected += [f"embedder.{name}_out" for name in ("relu3", "flatten", "fc", "relufc")]
    expected += ["fc_policy_out", "fc_value_out"]
    assert ImpalaPolicy().activation_names == tuple(expected)
    assert len(expected) == 43


def test_forward_gives_the_distribution_of_the_logits(observations: Tensor) -> None:
    policy = drawn()
    with torch.no_grad():
        logits, value = policy.logits_and_value(observations)
        distribution, same_value = policy(observations)
    torch.testing.assert_close(distribution.probs, logits.softmax(dim=-1))
    assert distribution.sample().shape == (3,)
    assert torch.equal(value, same_value)


def test_a_batch_is_its_observations_one_by_one(observations: Tensor) -> None:
    policy = drawn()
    with torch.no_grad():
        together = policy.logits_and_value(observations)[0]
        alone = torch.cat([policy.logits_and_value(obs[None])[0] for obs in observations])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_the_seed_alone_decides_the_parameters() -> None:
    torch.manual_seed(0)
    first = ImpalaPolicy(seed=5)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    second = ImpalaPolicy(seed=5)
    assert torch.equal(before, torch.get_rng_state())
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    other = ImpalaPolicy(seed=6)
    assert not torch.equal(first.fc_policy.weight, other.fc_policy.weight)


def test_initial_parameters() -> None:
    policy = ImpalaPolicy(num_actions=9)
    heads = (policy.fc_policy.weight, 0.01), (policy.fc_value.weight, 1.0)
    for weight, gain in heads:
        gram = weight @ weight.T
        torch.testing.assert_close(gram, gain**2 * torch.eye(len(gram)), rtol=1e-4, atol=1e-6)
    for name, value in policy.state_dict().items():
        if name.endswith("bias"):
            assert not value.any()
        elif name.startswith("embedder"):
            area = value[0, 0].numel()
            limit = (6 / ((value.shape[0] + value.shape[1]) * area)) ** 0.5
            assert 0.95 * limit < value.abs().max() <= limit


@pytest.mark.usefixtures("bfloat16")
def test_channels_last_and_bfloat16(observations: Tensor) -> None:
    policy = drawn()
    with torch.no_grad():
        logits, _ = policy.logits_and_value(observations)
        policy = policy.to(memory_format=torch.channels_last)
        last = observations.to(memory_format=torch.channels_last)
        torch.testing.assert_close(policy.logits_and_value(last)[0], logits, rtol=1e-4, atol=1e-4)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            rough_logits, rough_value = policy.logits_and_value(last)
            distribution, _ = policy(last)
    assert rough_logits.dtype == rough_value.dtype == distribution.logits.dtype == torch.float32
    assert 0 < (rough_logits - logits).abs().max() < 0.05 * logits.abs().max()


def test_gradients_reach_every_parameter(observations: Tensor) -> None:
    policy = drawn()
    logits, value = policy.logits_and_value(observations)
    (logits.square().sum() + value.square().sum()).backward()
    for name, parameter in policy.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_bad_observations_are_explained() -> None:
    policy = ImpalaPolicy()
    with pytest.raises(ValueError, match=r"shape \(3, 64, 64\).*\[None\]"):
        policy(torch.zeros(3, 64, 64))
    with pytest.raises(ValueError, match=r"shape \(1, 64, 64, 3\).*permute\(0, 3, 1, 2\)"):
        policy(torch.zeros(1, 64, 64, 3))
    with pytest.raises(ValueError, match=r"torch\.uint8.*frames / 255"):
        policy.logits_and_value(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"on meta and the policy on cpu.*obs\.to\('cpu'\)"):
        policy.logits_and_value(torch.zeros(1, 3, 64, 64, device="meta"))


def test_bad_sizes_are_explained() -> None:
    with pytest.raises(ValueError, match=r"scale is 0: give a whole number from 1 up"):
        ImpalaPolicy(0)
    with pytest.raises(ValueError, match=r"num_actions is -1"):
        ImpalaPolicy(1, -1)


@pytest.mark.parametrize("scale", [1, 2])
def test_activation_shapes(scale: int, observations: Tensor) -> None:
    policy = ImpalaPolicy(scale)
    with hooks.record(policy) as activations, torch.no_grad():
        policy(observations)
    assert policy.activation_shapes == {
        name: tuple(activation.shape[1:]) for name, activation in activations.items()
    }


def test_activation_shapes_with_a_memory(observations: Tensor) -> None:
    policy = RecurrentPolicy()
    with hooks.record(policy) as activations, torch.no_grad():
        policy(observations, policy.initial_memory(3), torch.ones(3, dtype=torch.bool))
    assert policy.activation_shapes == {
        name: tuple(activation.shape[1:]) for name, activation in activations.items()
    }


@pytest.mark.parametrize("name", RESUME_POINTS)
def test_going_on_is_the_whole_pass(name: str, observations: Tensor) -> None:
    policy = drawn()
    with torch.no_grad():
        with hooks.record(policy, [name]) as activations:
            logits, values = policy.logits_and_value(observations)
        resumed, resumed_values = policy.logits_and_value_after(name, activations[name])
        assert torch.equal(resumed, logits)
        assert torch.equal(resumed_values, values)
        # A patch of the very activation acts, and so does one of a later one.
        for patches in ({name: lambda x: 0.5 * x}, {"embedder.relu3": lambda x: 0.5 * x}):
            with hooks.patched(policy, patches):
                expected, _ = policy.logits_and_value(observations)
                resumed, _ = policy.logits_and_value_after(name, activations[name])
            assert torch.equal(resumed, expected)
            assert not torch.equal(resumed, logits)


def test_going_on_is_refused() -> None:
    activation = torch.zeros(1, 32, 16, 16)
    with pytest.raises(ValueError, match=r"cannot resume at 'embedder.block2.conv_out'"):
        ImpalaPolicy().logits_and_value_after("embedder.block2.conv_out", activation)
    with pytest.raises(ValueError, match=r"shape \(32, 8, 8\), not \(32, 16, 16\)"):
        ImpalaPolicy().logits_and_value_after("embedder.block3.res1.resadd_out", activation)
    with pytest.raises(TypeError, match="needs its memory"):
        RecurrentPolicy().logits_and_value_after("embedder.block2.res1.resadd_out", activation)
