"""Every kind of policy has one interface; what a policy lacks is named with the remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools import hooks, maze
from procgen_tools.models import (
    ImpalaPolicy,
    MlpPolicy,
    NaturePolicy,
    Policy,
    TensorPolicy,
    adapt,
    check_policy,
    predictor,
)
from tests.checking import without_type_checks
from tests.models.networks import shaken


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
        ("shape", r"has \(3,\) for embedder.fc_out, but a forward pass has \(256,\)"),
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


def test_circrl_plays_with_a_predictor() -> None:
    rollouts = pytest.importorskip("circrl.rollouts")
    policy = shaken(ImpalaPolicy(seed=1))
    venv = maze.create_venv(1, start_level=5, num_levels=1)
    sequence, _, steps = rollouts.run_rollout(
        predictor(policy), venv, max_episodes=None, max_steps=4, show_pbar=False
    )
    assert steps == 4
    assert sequence.actions.shape == (4,)
    observations = torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    actions, state = predictor(policy)(observations.numpy(), deterministic=True)
    with torch.no_grad():
        assert np.array_equal(actions, policy.logits_and_value(observations)[0].argmax(1))
    assert state is None


def test_tools_that_trace_and_export() -> None:
    """The same numbers through torch.fx, trace, export, compile and captum."""
    policy = shaken(ImpalaPolicy(seed=1))
    observations = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with without_type_checks(), torch.no_grad():
        logits, values = policy.logits_and_value(observations)
        distribution, traced_values = torch.fx.symbolic_trace(policy)(observations)
        assert torch.equal(distribution.logits, policy(observations)[0].logits)
        assert torch.equal(traced_values, values)
        tensors = TensorPolicy(policy)
        exported = torch.export.export(tensors, (observations,)).module()
        for run in (
            torch.fx.symbolic_trace(tensors),
            torch.jit.trace(tensors, observations),
            exported,
            torch.compile(tensors, backend="eager"),
        ):
            torch.testing.assert_close(run(observations), (logits, values))
    with pytest.raises(TypeError, match=r"script cannot compile a policy.*TensorPolicy"):
        torch.jit.script(policy)
    with pytest.raises(ValueError, match=r"returns is 'value': choose 'both'"):
        TensorPolicy(policy, "value")


def test_captum_takes_one_output() -> None:
    captum = pytest.importorskip("captum.attr")
    policy = shaken(ImpalaPolicy(seed=1))
    observations = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    wanted = observations.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(policy.logits_and_value(wanted)[0][:, 5].sum(), wanted)
    found = captum.Saliency(TensorPolicy(policy, "logits")).attribute(observations, target=5)
    torch.testing.assert_close(found, gradient.abs())
    found = captum.Saliency(TensorPolicy(policy, "values")).attribute(observations)
    assert not torch.allclose(found, gradient.abs())
