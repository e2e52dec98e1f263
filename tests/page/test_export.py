"""The exported policy answers as the policy itself does, with and without an edit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import models
from procgen_tools.hooks import patched
from procgen_tools.interventions import Add, cheese_vector
from procgen_tools.maze import make_level
from procgen_tools.models.impala import RESUME_POINTS, ImpalaPolicy
from procgen_tools.page.export import ExportedPolicy, export_policy
from procgen_tools.vfield import observations_of
from procgen_tools.worlds.maze.agent_view import agent_frames
from tests.checking import without_type_checks

pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

LAYER = RESUME_POINTS[2]


def answers(parts: ExportedPolicy, frames: np.ndarray, edit: np.ndarray) -> list[np.ndarray]:
    before, after = (
        runtime.InferenceSession(part, providers=["CPUExecutionProvider"])
        for part in (parts.before, parts.after)
    )
    (activation,) = before.run(["activation"], {"frames": frames})
    return after.run(["logits", "values"], {"activation": activation, "edit": edit})


@pytest.mark.parametrize("layer", RESUME_POINTS)
def test_logits_and_values_are_those_of_the_policy(layer: str) -> None:
    policy = ImpalaPolicy(scale=2, seed=3)
    with torch.no_grad():
        policy.fc_policy.weight *= 100  # logits far from 0, as those of trained agents are
    frames = np.random.default_rng(0).integers(0, 256, (5, 64, 64, 3)).astype(np.uint8)
    shape = policy.activation_shapes[layer]
    edit = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    parts = export_policy(policy, layer)
    assert parts.shape == shape
    observations = observations_of(policy, frames)
    with torch.no_grad(), patched(policy, {layer: lambda x: x + torch.from_numpy(edit)}):
        expected = policy.logits_and_value(observations)
    for ours, theirs in zip(answers(parts, frames, edit), expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=2e-4, rtol=1e-4)


def test_the_cheese_vector_acts_as_in_python() -> None:
    policy, level = models.load_policy("rand_region_5"), make_level(51)
    vector = cheese_vector(policy, level, LAYER)
    frames = agent_frames(level, level.open_squares()[:8])
    with torch.no_grad(), Add(vector, -1.0).on(policy):
        expected = policy.logits_and_value(observations_of(policy, frames))
    found = answers(export_policy(policy, LAYER), frames, -vector.values.numpy())
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_only_policies_that_a_file_can_hold_are_exported() -> None:
    policy = ImpalaPolicy()
    with without_type_checks():
        with pytest.raises(TypeError, match=r"a Linear cannot be exported.*give an ImpalaPolicy"):
            export_policy(torch.nn.Linear(2, 2), LAYER)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"does not determine all later .*choose one of"):
            export_policy(policy, "embedder.block2.res1.conv1")
        with pytest.raises(ValueError, match="a policy with a memory"):
            export_policy(models.RecurrentPolicy(), LAYER)
        with (
            patched(policy, {LAYER: lambda x: 2 * x}, may_be_idle=True),
            pytest.raises(ValueError, match="active hooks"),
        ):
            export_policy(policy, LAYER)
