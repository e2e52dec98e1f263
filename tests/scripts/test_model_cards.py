"""Model cards: what they say is in the checkpoint, and the file beside them is the agent."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import torch

pytest.importorskip("safetensors")

from procgen_tools import models
from procgen_tools.catalogue import agents

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "model_cards.py"))
SOME = {agent.world: agent for agent in agents()}


def test_every_world_has_words() -> None:
    assert set(SCRIPT["LOADERS"]) == set(SOME)


@pytest.mark.parametrize("world", sorted(SOME))
def test_an_agent_is_published_whole(world: str, tmp_path: Path) -> None:
    agent = SOME[world]
    SCRIPT["publish"](agent, tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert f"# {world}/{agent.name}" in card
    assert str(models.checkpoint_metadata(agent.path)["command"]) in card
    for value, low, high in agent.results.values():
        assert f"{value:.1%} | {low:.1%} to {high:.1%}" in card
    load = getattr(models, SCRIPT["LOADERS"][world])
    published, shipped = load(tmp_path / "model.safetensors"), load(agent.path)
    for name, value in shipped.state_dict().items():
        assert torch.equal(value, published.state_dict()[name]), name
    assert f"{sum(value.numel() for value in shipped.parameters()):,} parameters" in card
