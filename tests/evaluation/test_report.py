"""Reports of evaluations contain every number with a label."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from procgen_tools.evaluation.agents import (
    AgentEvaluation,
    evaluate_policy,
)
from procgen_tools.evaluation.conditions import Condition
from procgen_tools.evaluation.report import family_row, report
from procgen_tools.worlds.maze.levels import LevelRule
from tests.evaluation.conftest import SETTINGS


class Remembers(nn.Module):
    """A policy with a memory that it does not use."""

    memory_size = 1

    def initial_memory(self, batch: int) -> Tensor:
        return torch.zeros(batch, 1)

    def step(self, obs: Tensor, memory: Tensor, firsts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return torch.zeros(len(obs), 15), torch.zeros(len(obs)), memory


def test_report_names_every_number(whole: AgentEvaluation) -> None:
    text = report(whole)
    blocks = text.split("\n\n")
    assert len(blocks) == 4
    assert "among the 1,280 levels drawn for it" in blocks[0]
    assert blocks[1].startswith("in distribution: cheese in the top-right 3 x 3 squares, worlds")
    for block, measured in zip(blocks[1:3], whole.conditions, strict=False):
        first, unseen = block.splitlines()[2:4]
        assert first.split("reaches the cheese")[1].strip().startswith(str(measured.success))
        assert (
            unseen.split("not seen in training")[1].strip().startswith(str(measured.success_unseen))
        )
        assert "%" in block.split("most probable move")[1].splitlines()[0]
    assert "reaches the cheese" not in blocks[3]
    assert "steps of an episode" in blocks[3]
    assert "500.0 [500.0, 500.0]" in blocks[3]
    assert "nan" not in text
    assert max(map(len, text.splitlines())) <= 130


def test_family_row(whole: AgentEvaluation) -> None:
    row = family_row(whole)
    anywhere = whole.of(Condition.ANYWHERE).exact
    assert anywhere is not None
    assert row["success"] == whole.conditions[0].success
    assert row["cheese_anywhere"].value == pytest.approx(anywhere.cheese.mean())
    assert row["region_anywhere"].value == pytest.approx(anywhere.region.mean())
    trained = whole.of(Condition.IN_DISTRIBUTION).exact
    assert trained is not None
    assert 0 < row["move_agreement"].value == pytest.approx(trained.move_agreement.mean())


def test_an_unknown_agent_with_a_memory() -> None:
    settings = replace(SETTINGS, levels=2, world_size=15, conditions=(Condition.IN_DISTRIBUTION,))
    result = evaluate_policy(Remembers(), settings)
    (measured,) = result.conditions
    assert measured.rule == LevelRule(15, 5)
    assert measured.exact is measured.seen is result.trained_rule is None
    text = report(result)
    assert "no exact chances: they require an agent without memory" in text
    assert "which levels occurred in training is not known" in text
    assert "does not record how its levels were drawn" in text
    assert "most probable move" not in text
    with pytest.raises(ValueError, match="anywhere was not measured for policy"):
        family_row(result)
