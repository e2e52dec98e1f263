"""Members of populations, blanked channels, and tables that are kept by the agent's file."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from procgen_tools.models import ImpalaPolicy
from procgen_tools.studies.base import Settings
from procgen_tools.studies.colour_or_shape import measure


def test_every_population_is_found() -> None:
    chosen = measure.members(Settings())
    counts = {name: sum(m.population == name for m in chosen) for name in measure.POPULATIONS}
    assert counts["black_same_data"] == counts["black_own_data"] == 12
    assert len(measure.members(Settings(fast=True))) <= 2 * len(measure.POPULATIONS)
    assert len({member.name for member in chosen}) == len(chosen)


def test_no_agents_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "agents", tuple)
    with pytest.raises(FileNotFoundError, match="train them with procgen-tools sweep"):
        measure.members(Settings())


@pytest.mark.parametrize(("number", "channel"), list(enumerate(measure.CHANNELS)))
def test_a_blanked_channel_is_not_seen(number: int, channel: str) -> None:
    policy = ImpalaPolicy(seed=0)
    blind = measure.without_channel(policy, channel)
    seen = torch.rand(2, 3, 64, 64)
    changed, black = seen.clone(), seen.clone()
    changed[:, number], black[:, number] = torch.rand(2, 64, 64), 0
    assert torch.equal(blind(seen)[0].logits, blind(changed)[0].logits)
    assert torch.allclose(blind(seen)[0].logits, policy(black)[0].logits, atol=1e-5)
    assert not torch.allclose(policy(seen)[0].logits, policy(black)[0].logits, atol=1e-5)


def test_results_are_kept_by_the_agents_file(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.pth", "b.pth")]
    for file in files:
        file.write_bytes(file.name.encode())
    one, two = (measure.Member("same", "textured", file) for file in files)
    names = [*measure.kept_names([one], str), *measure.kept_names([two], str)]
    assert len(set(names)) == 2
    assert all(name.startswith("same_") for name in names)
