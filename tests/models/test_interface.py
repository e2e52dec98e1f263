"""Any torch module can be adapted, and what a policy lacks is named with the remedy."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools import hooks
from procgen_tools.models import (
    ImpalaPolicy,
    MlpPolicy,
    NatureModel,
    NaturePolicy,
    Policy,
    adapt,
    check_policy,
)


def noise(seed: int, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


class Body(nn.Module):
    """A residual sum that no submodule computes, batch statistics, and a layer in place."""

    def __init__(self, answer: str = "pair") -> None:
        super().__init__()
        self.answer = answer
        self.first = nn.Conv2d(3, 4, 8, stride=8)
        self.norm = nn.BatchNorm2d(4)
        self.block = Block()
        self.dropout = nn.Dropout(0.5)
        self.actor, self.critic = nn.Linear(256, 15), nn.Linear(256, 1)
        self.unused = nn.Linear(2, 2)

    def forward(self, obs: Tensor) -> Any:
        hidden = self.dropout(self.block(self.norm(self.first(obs))).flatten(1))
        logits, value = self.actor(hidden), self.critic(hidden)
        return {
            "pair": (logits, value),
            "flat list": [logits, value.flatten()],
            "distribution": (Categorical(logits=logits), value),
            "dictionary": {"logits": logits, "value": value},
            "object": Answer(logits, value),
            "actions": (logits.argmax(1), value, logits),
            "reversed": (value, logits),
            "logits": logits,
            "key": {"logit": logits, "value": value},
            "five": (logits[:, :5], value),
            "text": "text",
        }[self.answer]


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.relu(self.conv(x))


class Answer:
    def __init__(self, logits: Tensor, value: Tensor) -> None:
        self.logits, self.value = logits, value


BODY_SHAPES = {
    "first_in0": (3, 64, 64),
    "first_out": (4, 8, 8),
    "norm_out": (4, 8, 8),
    "block.conv_out": (4, 8, 8),
    "block.relu_out": (4, 8, 8),
    "block_out": (4, 8, 8),
    "dropout_out": (256,),
    "actor_out": (15,),
    "critic_out": (1,),
}


def every_kind() -> dict[str, nn.Module]:
    actor = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 15))
    critic = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 1))
    return {
        "impala": ImpalaPolicy(seed=1),
        "mlp": MlpPolicy(seed=1),
        "nature": NaturePolicy(seed=1),
        "nature 84": NaturePolicy(84, seed=1),
        "adapted": adapt(Body()),
        "two": adapt(actor, critic),
    }


@pytest.mark.parametrize("kind", every_kind())
def test_each_kind_is_a_policy(kind: str) -> None:
    policy = every_kind()[kind].eval()
    assert isinstance(policy, Policy)
    check_policy(policy)
    with hooks.record(policy) as seen, torch.no_grad():
        distribution, values = policy(noise(0, 3, 3, 64, 64))
    assert distribution.logits.shape == (3, 15)
    assert values.shape == (3,)
    assert tuple(seen) == policy.activation_names
    assert {name: tuple(x.shape[1:]) for name, x in seen.items()} == dict(policy.activation_shapes)


@pytest.mark.parametrize("answer", ["pair", "flat list", "distribution", "dictionary", "object"])
def test_answers_that_are_understood(answer: str) -> None:
    body = Body(answer).eval()
    policy = adapt(body)
    assert policy.activation_shapes == BODY_SHAPES
    observations = noise(1, 5, 3, 64, 64)
    with torch.no_grad():
        logits, values = policy.logits_and_value(observations)
        body.answer = "pair"
        expected, value = body(observations)
    torch.testing.assert_close(logits.log_softmax(1), expected.log_softmax(1))
    assert torch.equal(values, value[:, 0])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("actions", r"returned 3 things: return \(logits, values\), or give read="),
        ("reversed", r"returned logits of shape \(2, 1\).*give read="),
        ("logits", r"returned no values: give adapt a second module"),
        ("key", r"did you mean 'logit'.*name the entry so"),
        ("five", r"returned logits of shape \(2, 5\)"),
        ("text", r"returned a str: return \(logits, values\)"),
    ],
)
def test_answers_that_are_not(answer: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        adapt(Body(answer))


def test_read_makes_sense_of_anything() -> None:
    body = Body("actions").eval()
    policy = adapt(body, read=lambda answer: (answer[2], answer[1]))
    with torch.no_grad():
        logits, _ = policy.logits_and_value(noise(1, 2, 3, 64, 64))
        assert torch.equal(logits, body(noise(1, 2, 3, 64, 64))[2])
    with pytest.raises(ValueError, match=r"logits and values are Tensor: give two"):
        adapt(Body("logits"), read=lambda logits: logits)  # type: ignore[arg-type, return-value]


def test_adapting_changes_nothing() -> None:
    """The mode, batch statistics and random numbers stay as they are."""
    body = Body()
    body.dropout.eval()
    before = {name: value.clone() for name, value in body.state_dict().items()}
    state = torch.get_rng_state()
    policy = adapt(body)
    assert policy.network is body
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[name], value) for name, value in body.state_dict().items())
    assert body.training
    assert body.norm.training
    assert not body.dropout.training


def test_what_cannot_be_adapted() -> None:
    unchecked = inspect.unwrap(adapt)  # without run-time type checks
    with pytest.raises(TypeError, match=r"a function cannot be adapted: give a torch.nn.Module"):
        unchecked(lambda obs: obs)

    class Bare(nn.Module):
        def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
            return obs[:, 0, 0, :15], obs[:, 0, 0, 0]

    with pytest.raises(ValueError, match=r"Bare has no submodule that returns a tensor"):
        adapt(Bare())


class Agent(nn.Module):
    """What Stable-Baselines3's policies offer; like them, it divides pixels itself."""

    normalize_images = True

    class observation_space:
        dtype = np.dtype("uint8")

    def __init__(self) -> None:
        super().__init__()
        self.body = Body()

    def get_distribution(self, obs: Tensor) -> Any:
        class Wrapped:
            distribution = Categorical(logits=self.body(obs / 255)[0])

        return Wrapped()

    def predict_values(self, obs: Tensor) -> Tensor:
        return self.body(obs / 255)[1]

    def forward(self, obs: Tensor) -> Any:
        raise AssertionError("its forward samples actions")


def test_policies_with_the_methods_of_stable_baselines() -> None:
    agent = Agent().eval()
    policy = adapt(agent)
    observations = noise(2, 4, 3, 64, 64)
    with torch.no_grad():
        logits, values = policy.logits_and_value(observations)
        expected, value = agent.body(observations)
    torch.testing.assert_close(logits, expected.log_softmax(1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(values, value[:, 0], rtol=1e-4, atol=1e-5)
    assert "agent.body.block_out" in policy.activation_names


def test_what_is_missing_is_named() -> None:
    with pytest.raises(TypeError, match=r"activation_names and activation_shapes.*adapt\(module\)"):
        check_policy(Body())
    with pytest.raises(TypeError, match=r"which int does not have: give a policy of"):
        check_policy(3)


class Mistaken(ImpalaPolicy):
    """Says something wrong about itself."""

    mistake = ""

    @property
    def activation_shapes(self) -> dict[str, tuple[int, ...]]:
        shapes = super().activation_shapes
        if self.mistake == "shape":
            shapes["embedder.fc_out"] = (3,)
        if self.mistake == "missing":
            del shapes["embedder.fc_out"]
        return shapes

    def logits_and_value(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        logits, values = super().logits_and_value(obs)
        return logits, values[:, None] if self.mistake == "values" else values

    def forward(self, obs: Tensor) -> tuple[Categorical, Tensor]:
        distribution, values = super().forward(obs)
        if self.mistake == "logits":
            distribution = Categorical(logits=distribution.logits + torch.arange(15))
        return distribution, values


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("shape", r"says \(3,\) for embedder.fc_out, and a pass gave \(256,\)"),
        ("missing", r"activation_names and activation_shapes differ in embedder.fc_out"),
        ("logits", r"give different probabilities"),
        ("values", r"values of shape \(2, 1\) for 2 observations.*flatten"),
    ],
)
def test_mistakes_of_ones_own_class_are_found(mistake: str, message: str) -> None:
    policy = Mistaken(seed=0)
    check_policy(policy)
    policy.mistake = mistake
    with pytest.raises(ValueError, match=message):
        check_policy(policy)


def test_state_dictionaries_of_the_originals_fit() -> None:
    convs = [f"layers.{number}" for number in (0, 2, 4, 7)]
    names = [f"{layer}.{kind}" for layer in convs for kind in ("weight", "bias")]
    assert list(NatureModel().state_dict()) == names
    assert NatureModel(side=84).layers[7].weight.shape == (512, 64 * 7 * 7)
    assert NatureModel().layers[7].weight.shape == (512, 64 * 4 * 4)
    expected = [f"embedder.layers.{number}.weight" for number in (0, 2, 4)]
    weights = [name for name in MlpPolicy((8, 9, 10)).state_dict() if name.endswith("weight")]
    assert weights == [*expected, "fc_policy.weight", "fc_value.weight"]


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
