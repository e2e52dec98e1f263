"""Imitation runs: the same settings give the same weights, interrupted or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from procgen_tools.models import ImpalaPolicy, checkpoint_metadata, load_policy, save_policy
from procgen_tools.training import imitation
from procgen_tools.training.imitation import ImitationSettings

TINY = ImitationSettings(
    world_size=15,
    samples=8 * 6,
    batch_size=8,
    warmup_samples=8,
    shift_from=8,
    shift_until=24,
)


def run(settings: ImitationSettings, path: Path, *, stop_after: int | None = None) -> None:
    """A run, or its beginning: as a killed one leaves it, with the checkpoint last written."""
    learner = imitation.Learner(settings, torch.device("cpu"))
    if path.exists():
        learner.load(path)
    while learner.step < (stop_after or settings.steps):
        learner.update(imitation.examples_of_step(settings, learner.step))
    learner.save(path)


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_policy(path).state_dict()


def test_a_resumed_run_ends_in_the_same_weights(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole.pth", tmp_path / "parts.pth"
    for _ in imitation.train(TINY, whole, progress_bar=False):
        pass
    run(TINY, parts, stop_after=3)
    assert any(not torch.equal(a, b) for a, b in zip(
        weights(whole).values(), weights(parts).values(), strict=True))  # fmt: skip
    for _ in imitation.train(TINY, parts, resume=True, progress_bar=False):
        pass
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(parts)[name]), name


def test_it_learns(tmp_path: Path) -> None:
    """One batch again and again: the loss must fall far below chance."""
    settings = replace(TINY, batch_size=16, samples=16 * 60, warmup_samples=64, decay_from=0.9)
    learner = imitation.Learner(settings, torch.device("cpu"))
    examples = imitation.examples_of_step(settings, 0)
    losses = [learner.update(examples)[0] for _ in range(60)]
    assert losses[-1] < 0.3 * losses[0]


def test_rate_warms_up_and_falls_to_zero() -> None:
    settings = ImitationSettings(samples=1000, warmup_samples=100, decay_from=0.5)
    rates = [settings.learning_rate_at(samples) for samples in (0, 50, 100, 500, 750, 1000)]
    assert rates == pytest.approx([0, 5e-4, 1e-3, 1e-3, 5e-4, 0])
    assert [settings.focus_at(samples) for samples in (0, 700_000, 2_000_000)] == [0, 0.5, 1]


def test_export_is_small_and_says_how_it_was_made(tmp_path: Path) -> None:
    checkpoint, agent = tmp_path / "run.pth", tmp_path / "agent.pth"
    run(TINY, checkpoint)
    imitation.export(checkpoint, agent, command="procgen-tools train imitation agent.pth")
    facts = checkpoint_metadata(agent)
    assert facts["samples"] == TINY.samples
    assert facts["settings"]["rand_region"] == 5
    assert facts["command"].startswith("procgen-tools train")
    assert agent.stat().st_size < 2.7e6 < checkpoint.stat().st_size
    assert torch.equal(weights(agent)["fc_value.bias"], weights(checkpoint)["fc_value.bias"])


def test_bad_runs_are_refused_before_training(tmp_path: Path) -> None:
    path = tmp_path / "run.pth"
    run(TINY, path, stop_after=1)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"run.pth exists: resume it \(--resume\)"):
        next(imitation.train(TINY, path, progress_bar=False))
    other = replace(TINY, learning_rate=0.5)
    with pytest.raises(ValueError, match=r"trained with learning_rate=0.001, not 0.5"):
        next(imitation.train(other, path, resume=True, progress_bar=False))
    plain = tmp_path / "plain.pth"
    save_policy(ImpalaPolicy(), plain)
    with pytest.raises(ValueError, match="no checkpoint of a training run"):
        next(imitation.train(TINY, plain, resume=True, progress_bar=False))
    assert path.read_bytes() == before
    with pytest.raises(ValueError, match="samples is 0"):
        ImitationSettings(samples=0)
    with pytest.raises(ValueError, match="averaging is 1"):
        ImitationSettings(averaging=1.0)


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    path = tmp_path / "run.pth"
    run(TINY, path, stop_after=1)
    before = path.read_bytes()
    learner = imitation.Learner(TINY, torch.device("cpu"))
    learner.load(path)
    with torch.no_grad():
        learner.policy.fc_policy.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="the loss is nan at step 1"):
        learner.update(imitation.examples_of_step(TINY, 1))
    assert path.read_bytes() == before
