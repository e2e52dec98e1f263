"""The whole evaluation of an agent: conditions, report, family row, records."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from procgen_tools.episodes.records import check_destination, write_records
from procgen_tools.evaluation.agents import (
    AgentEvaluation,
    EvaluationSettings,
    evaluate_agent,
    evaluate_policy,
)
from procgen_tools.evaluation.conditions import Condition, held_out_mazes
from procgen_tools.evaluation.exact_scores import exact_scores
from procgen_tools.evaluation.records import episode_records
from procgen_tools.evaluation.report import family_row, report
from procgen_tools.evaluation.rollouts import evaluate
from procgen_tools.models import ImpalaPolicy, save_policy
from procgen_tools.training.settings import ANYWHERE
from procgen_tools.worlds.maze.levels import LevelRule, make_level

METADATA: dict[str, Any] = {
    "algorithm": "imitation",
    "samples": 640,
    "settings": {"world_size": 15, "rand_region": 3, "maze_size": 5, "seed": 0, "batch_size": 16},
}
RULE = LevelRule(15, 3, maze_size=5)
SETTINGS = EvaluationSettings(levels=12)


def wanderer() -> ImpalaPolicy:
    """A random network whose moves differ from square to square."""
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight.mul_(400)
    return policy


class Remembers(nn.Module):
    """A policy with a memory, which does not use it."""

    memory_size = 1

    def initial_memory(self, batch: int) -> Tensor:
        return torch.zeros(batch, 1)

    def step(self, obs: Tensor, memory: Tensor, firsts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return torch.zeros(len(obs), 15), torch.zeros(len(obs)), memory


POLICY = wanderer()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> AgentEvaluation:
    path = tmp_path_factory.mktemp("agents") / "agent.pth"
    save_policy(POLICY, path, **METADATA)
    return evaluate_agent(path, SETTINGS)


def test_each_condition_is_what_its_parts_give(whole: AgentEvaluation) -> None:
    assert [measured.condition for measured in whole.conditions] == list(Condition)
    assert whole.training_levels == 1280
    for measured in whole.conditions:
        rule = measured.condition.rule(RULE)
        assert measured.rule == rule
        mazes = [measured.condition.maze(maze) for maze in held_out_mazes(rule, 12)]
        episodes = evaluate(POLICY, mazes)
        assert np.array_equal(measured.episodes.steps, episodes.steps)
        assert measured.success == episodes.success
        assert measured.exact is not None
        assert np.array_equal(measured.exact.region, exact_scores(POLICY, mazes).region)
        assert measured.seen is not None
        assert measured.success_unseen is not None
        assert measured.success_unseen.total == (~measured.seen).sum()
    trained, empty = whole.of(Condition.IN_DISTRIBUTION), whole.of(Condition.NO_CHEESE)
    assert 0 < trained.seen.sum() < 12  # type: ignore[union-attr]
    assert np.array_equal(trained.seen, empty.seen)  # that of the levels, before the edit
    assert not empty.episodes.found.any()
    assert np.isnan(empty.exact.move_agreement).all()  # type: ignore[union-attr]


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


def test_regions_and_worlds_can_be_chosen() -> None:
    assert EvaluationSettings().rule({}) == LevelRule(25, 5)
    assert EvaluationSettings().rule(METADATA) == RULE
    for wanted, rule in (
        ({"rand_region": 0}, replace(RULE, rand_region=0)),
        ({"rand_region": ANYWHERE}, replace(RULE, rand_region=None)),
        ({"world_size": 25}, replace(RULE, world_size=25)),
    ):
        assert EvaluationSettings(**wanted).rule(METADATA) == rule


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"levels": 0}, "levels is 0"),
        ({"conditions": ()}, "no conditions"),
        ({"backend": "nativ"}, "unknown backend 'nativ'"),
        ({"rand_region": "corner"}, "rand_region is 'corner'"),
    ],
)
def test_bad_settings(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluationSettings(**wrong)


# --- records


def test_records_hold_every_episode(whole: AgentEvaluation) -> None:
    records = episode_records(whole)
    assert len(records) == 36
    for condition, rows in records.groupby("condition"):
        measured = whole.of(Condition(condition))
        assert rows["steps"].tolist() == measured.episodes.steps.tolist()
        assert rows["exact_region"].tolist() == measured.exact.region.tolist()  # type: ignore[union-attr]
        for row in rows.itertuples():
            level = make_level(row.level_seed, measured.rule)
            assert row.size == level.size
            if condition == "no_cheese":
                assert row.cheese_row is pd.NA
            else:
                assert (row.cheese_row, row.cheese_col) == level.cheese
    assert (records["return"] == 10 * records["found"]).all()
    assert records["seen_in_training"].sum() == sum(
        measured.seen.sum()  # type: ignore[union-attr]
        for measured in whole.conditions
    )


def test_records_come_back_from_parquet(whole: AgentEvaluation, tmp_path: Path) -> None:
    records = episode_records(whole)
    path = tmp_path / "new" / "records.parquet"
    write_records(path, records)
    pd.testing.assert_frame_equal(pd.read_parquet(path), records)
    assert list(path.parent.iterdir()) == [path]


def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.parquet"
    path.write_bytes(b"older")

    def fail(self: pd.DataFrame, path: Path, **_: Any) -> None:
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(OSError, match="full"):
        write_records(path, pd.DataFrame({"steps": [1]}))
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(ValueError, match=r"end it in \.parquet"):
        check_destination(tmp_path / "records.csv")
    with pytest.raises(ValueError, match="is a folder"):
        check_destination(tmp_path / "folder.parquet")
    with pytest.raises(ValueError, match="cannot be written"):
        check_destination(tmp_path / "file" / "records.parquet")
    check_destination(tmp_path / "deeper" / "records.parquet")
    assert not (tmp_path / "deeper").exists()
