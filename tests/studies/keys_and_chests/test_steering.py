"""Steering: planted directions are found, and their effects beside those of random directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from procgen_tools.episodes.memories import Moment
from procgen_tools.interventions import Add, Intervention
from procgen_tools.models import CnnLstmPolicy
from procgen_tools.studies.keys_and_chests import steering
from procgen_tools.studies.keys_and_chests.claims import one
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY
from procgen_tools.worlds.keys_and_chests.levels import LevelRule
from tests.studies.keys_and_chests.test_inventory import SMALL, planted


def test_the_slope_ignores_the_time() -> None:
    found = steering.readings(planted(30, 2))
    slope = found["slope"].step.values
    assert int(slope.abs().argmax()) == 3
    assert float(slope[3]) == pytest.approx(2, abs=0.1)
    assert abs(float(slope[5])) < 0.1
    cells = torch.from_numpy(planted(30, 3).inputs["cell"]).float()
    keys = planted(30, 3).keys
    for reading in found.values():
        assert np.corrcoef(reading.of(cells).numpy(), keys)[0, 1] > 0.8


def test_a_planted_effect_is_measured_and_random_directions_have_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An agent that goes to a chest exactly if its unit 3 was raised by more than a half key."""

    def codes(policy: CnnLstmPolicy, moment: Moment, edit: Intervention, seed: int) -> np.ndarray:
        raised = 0.0
        if isinstance(edit, Add):
            raised = float(edit.changed(torch.zeros(8))[3])
        return np.full(len(moment), CHEST if raised > 1 else KEY, np.int8)

    monkeypatch.setattr(steering, "_codes", codes)
    policy = CnnLstmPolicy("small").eval()
    table = steering.steering_table(policy, planted(30, 2), SMALL, seed=0)
    for direction in steering.DIRECTIONS:
        rows = table[table["direction"] == direction]
        assert one(rows, draw=-1, statistic="effect").value == 1
        assert one(rows, draw=-1, statistic="chest first", dose=-1.0).value == 0
        drawn = rows[(rows["draw"] >= 0) & (rows["statistic"] == "effect")]
        assert len(drawn) == 3
        assert drawn["value"].abs().min() < 1


def test_holding_a_reading_of_a_real_network_changes_its_episodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = CnnLstmPolicy("small", seed=3).eval()
    with torch.no_grad():
        policy.pi.weight *= 3000
    short = {"test": LevelRule(p_chest=0.1, max_ticks=30)}
    monkeypatch.setattr(steering, "VARIANTS", short)
    monkeypatch.setattr(steering, "HELD", (40.0,))
    wide = planted(8, 4)
    inputs = {**wide.inputs, "cell": np.tile(wide.inputs["cell"], (1, 16))}
    table = steering.held_table(policy, replace(wide, inputs=inputs), SMALL, seed=0)
    assert set(table["held"]) == {"", "mean", "40"}
    assert table.groupby("direction").size().to_dict() == {"none": 2, "probe": 8, "slope": 8}
    assert table[table["direction"] != "none"]["value"].any()
