"""Every analysis works on networks that are not ours, once they are adapted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools import chains, hooks, maze
from procgen_tools.effects import measure, measure_each
from procgen_tools.episodes.rollouts import play
from procgen_tools.interventions import (
    Add,
    Clamp,
    Mean,
    Resample,
    Scale,
    Zero,
    activations_of,
    cheese_vector,
    random_direction,
)
from procgen_tools.interventions.natural import NaturalActivations, unusualness
from procgen_tools.models import (
    ImpalaPolicy,
    MlpPolicy,
    NaturePolicy,
    Policy,
    adapt,
)
from procgen_tools.studies.cheese_scrubbing.measure import activations_at
from procgen_tools.studies.retargeting.measure import Retargeting
from procgen_tools.vfield import vector_field
from procgen_tools.widgets.activation_browser import ActivationBrowser
from procgen_tools.worlds.maze.grid import CORNER_REGION
from tests.checking import without_type_checks
from tests.models.networks import shaken
from tests.models.test_interface import Body, noise

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

LEVEL = maze.make_level(3)
SQUARE = tuple(LEVEL.open_squares()[1])


class Plain(nn.Module):
    """A network as people write them, with convolutions whose cells are 8 x 8."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 8, stride=8)
        self.act = nn.ReLU()
        self.actor, self.critic = nn.Linear(384, 15), nn.Linear(384, 1)

    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.act(self.stem(obs)).flatten(1)
        return self.actor(hidden), self.critic(hidden)


KINDS: dict[str, tuple[Policy, str]] = {
    "adapted": (adapt(shaken(Plain())), "act"),
    "mlp": (shaken(MlpPolicy()), "embedder.layers.1"),
    "nature": (shaken(NaturePolicy()), "embedder.layers.3"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_fields_vectors_edits_effects_and_chances(kind: str) -> None:
    policy, layer = KINDS[kind]
    field = vector_field(LEVEL, policy)
    vector = cheese_vector(policy, LEVEL, layer)
    assert vector.norm > 0
    examples = activations_of(policy, [maze.make_level(seed) for seed in range(3)], layer)
    edits = [
        Add(vector, -3.0),
        Add(random_direction(vector, seed=0), 2.0),
        Zero(layer),
        Scale(layer, 0.5, channels=range(6)),
        Mean(layer, examples),
        Resample(layer, examples[:1]),
        Zero(layer) + Zero("fc_value" if kind != "adapted" else "critic"),
    ]
    if kind == "adapted":  # cells are placed as those of our convolutions
        edits.append(Clamp(layer, 9.0, LEVEL, [SQUARE]))
    effects = list(measure_each(policy, LEVEL, edits))
    for effect, edit in zip(effects, edits, strict=True):
        with edit.on(policy):
            expected = vector_field(LEVEL, policy)
        np.testing.assert_allclose(effect.after.probabilities, expected.probabilities, atol=1e-5)
        np.testing.assert_allclose(effect.before.probabilities, field.probabilities, atol=1e-5)
        assert effect.difference.total_variation.max() > 1e-5, edit
        assert effect.chances_after == chains.chances(
            effect.after, None, 500, corner_region=CORNER_REGION
        )


@pytest.mark.parametrize("kind", KINDS)
def test_hooks_play_and_statistics(kind: str) -> None:
    policy, layer = KINDS[kind]
    mazes = [maze.make_level(seed, maze.LevelRule(15, None, maze_size=3)) for seed in range(4)]
    plain = play(policy, mazes, seed=0, step_limit=30)
    with hooks.patched(policy, {layer: torch.zeros_like}), hooks.record(policy) as seen:
        edited = play(policy, mazes, seed=0, step_limit=30)
    assert not seen[layer].any()
    assert not np.array_equal(plain.actions, edited.actions)
    natural = NaturalActivations.of(policy, mazes, layer)
    assert unusualness(policy, Scale(layer, 5.0), mazes, natural).edited > 0
    squares = LEVEL.open_squares()[:2]
    torch.testing.assert_close(
        activations_at(policy, LEVEL, layer, squares)[0],
        activations_of(policy, maze.move_mouse(LEVEL, squares[0]), layer)[0],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_retargeting_makes_whole_passes(kind: str) -> None:
    """Without points to go on from, edits may act anywhere."""
    policy, layer = KINDS[kind]
    level = maze.remove_cheese(LEVEL)
    targets = level.open_squares()[1:4]
    task = Retargeting.of(policy, level, targets)
    scores = task.edited(lambda _: Zero(layer))
    with Zero(layer).on(policy):
        expected = Retargeting.of(policy, level, targets).unedited()
    np.testing.assert_allclose(scores.probability, expected.probability, atol=1e-6)
    assert not np.allclose(scores.probability, task.unedited().probability)


def test_the_activation_browser() -> None:
    policy, layer = KINDS["adapted"]
    browser = ActivationBrowser(LEVEL, policy, layer, channel=1, other=maze.remove_cheese(LEVEL))
    assert browser.channels == 6
    browser.clamp(3.0, square=LEVEL.mouse)
    assert browser.wait().value == 3.0
    assert browser.exploration.complete
    assert browser.picture().startswith(b"\x89PNG")


def test_an_adapted_policy_of_ours_is_ours() -> None:
    """Names, fields and effects are those of the policy inside."""
    ours = shaken(ImpalaPolicy(seed=1))
    theirs = adapt(ours)
    assert theirs.activation_names == ours.activation_names
    assert dict(theirs.activation_shapes) == ours.activation_shapes
    edit = Scale("embedder.block2.res1.resadd", 0.5)
    effects = [measure(policy, LEVEL, edit) for policy in (ours, theirs)]
    for name in ("probabilities", "values"):
        first, second = (getattr(effect.after, name) for effect in effects)
        np.testing.assert_allclose(first, second, atol=1e-5)


def test_networks_that_are_not_adapted_are_refused() -> None:
    network = Plain()
    for function, arguments in (
        (cheese_vector, (network, LEVEL, "act")),
        (measure, (network, LEVEL, Zero("act"))),
        (play, (network, [LEVEL])),
    ):
        with (
            without_type_checks(),
            pytest.raises(TypeError, match=r"which Plain does not have: wrap.*adapt\(module\)"),
        ):
            function(*arguments)
    with pytest.raises(ValueError, match=r"models.adapt\(policy\) converts"):
        vector_field(LEVEL, network)


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
        ("key", r"did you mean 'logit'.*rename the entry"),
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


@pytest.mark.usefixtures("unchecked")
def test_what_cannot_be_adapted() -> None:
    with pytest.raises(TypeError, match=r"a function cannot be adapted: give a torch.nn.Module"):
        adapt(lambda obs: obs)

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
