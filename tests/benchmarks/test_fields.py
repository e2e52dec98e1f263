"""The benchmark of fields reports every method, and does not time methods that disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from procgen_tools import maze
from procgen_tools.benchmarks import fields
from procgen_tools.vfield import vector_field

SMALL = fields.LEVELS[0]


def test_a_state_is_written_as_it_was_parsed() -> None:
    venv = maze.create_venv(1, start_level=SMALL, num_levels=1)
    state = venv.env.callmethod("get_state")[0]
    values = fields.parse(state)
    assert fields.serialise(values) == state
    values["ents"][0]["x"].value += 1.0
    assert fields.serialise(values) != state


def test_the_measured_policy_acts_differently_at_each_square() -> None:
    level = maze.make_level(SMALL)
    probabilities = vector_field(level, fields.spread_policy(level)).probabilities
    assert (probabilities.std(axis=0) > 100 * fields.TOLERANCE).all()


def test_every_way_is_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "reference_field", vector_field)
    (speed,) = fields.measure([SMALL], seconds=0.001, rounds=1)
    assert set(speed.seconds) == {fields.OURS, fields.BOTH, fields.LIMIT, fields.REFERENCE}
    text = fields.report([speed], scale=1)
    assert f"{speed.maze_size} x {speed.maze_size}, {speed.squares} open squares" in text
    assert all(name in text for name in speed.seconds)
    rest = {name: taken for name, taken in speed.seconds.items() if name != fields.REFERENCE}
    alone = replace(speed, seconds=rest)
    assert alone.ratio is None
    assert "procgen is not installed here" in fields.report([alone], scale=1)


def test_ways_that_disagree_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def other_field(venv: maze.MazeVenv, policy: torch.nn.Module) -> fields.VectorField:
        field = vector_field(venv, policy, both_facings=False)
        return replace(field, probabilities=field.probabilities[::-1])

    monkeypatch.setattr(fields, "reference_field", other_field)
    with pytest.raises(ValueError, match="one of them is wrong"):
        fields.measure([SMALL], seconds=0.001, rounds=1)
