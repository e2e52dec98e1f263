"""Probes and steering: planted keys are found, and what is not there is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from procgen_tools.episodes.keys import play
from procgen_tools.episodes.memories import Moment
from procgen_tools.interventions import Add, Intervention
from procgen_tools.models import CnnLstmPolicy
from procgen_tools.studies.keys_and_chests import inventory, steering
from procgen_tools.studies.keys_and_chests.claims import one
from procgen_tools.studies.keys_and_chests.inventory import Rows
from procgen_tools.studies.keys_and_chests.measure import Sizes
from procgen_tools.worlds.keys_and_chests.grid import CHEST, KEY
from procgen_tools.worlds.keys_and_chests.levels import LevelRule, make_levels
from procgen_tools.worlds.keys_and_chests.players import key_only

TICKS = np.arange(0, 130, 5)
SMALL = Sizes(
    episodes=4, fitted=8, held_out=8, steered=4, random=3, played=2, random_played=1,
    choices=4, attractions=4, pairs=4,
)  # fmt: skip


def planted(levels: int, seed: int) -> Rows:
    """Keys come and go; unit 3 of the cell state holds them, and unit 5 holds the time."""
    rng = np.random.default_rng(seed)
    keys = np.abs(rng.integers(-1, 2, (levels, len(TICKS))).cumsum(axis=1)).ravel()
    level, tick = (each.ravel() for each in np.meshgrid(np.arange(levels), TICKS, indexing="ij"))
    cell = rng.normal(size=(len(keys), 8))
    cell[:, 3] += 2 * keys
    cell[:, 5] += tick
    noise = rng.normal(size=(len(keys), 8))
    steps = (tick[:, None] == TICKS).astype(float)
    inputs = {
        "cell": cell, "hidden": noise, "both": np.hstack([cell, noise]), "untrained": noise,
        "frame": rng.normal(size=(len(keys), 12)), "ticks": steps,
    }  # fmt: skip
    return Rows(inputs, keys, tick, level)


def test_planted_keys_are_read_and_the_baselines_know_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inventory, "episodes_of", lambda policy, variant, seeds, seed: seeds)
    monkeypatch.setattr(inventory, "rows_of", lambda policy, seeds: planted(8, seeds.start))
    table, fitted = inventory.inventory_table(CnnLstmPolicy("small"), SMALL, seed=0)
    rows = table[(table["span"] == "all") & (table["fitted"] == "train")]
    there = rows[rows["tested"] == "test"]
    assert one(there, inputs="both", statistic="R2").low > 0.5
    assert one(there, inputs="cell", statistic="R2").low > 0.5
    for null in ("untrained", "frame", "ticks", "shuffled"):
        assert one(there, inputs=null, statistic="R2").value < 0.4
        assert one(there, inputs="both", statistic=f"gain over {null}").low > 0.1
    assert one(there, inputs="both", statistic="AUC").value > 0.75
    assert one(there, inputs="frame", statistic="AUC").value < 0.7
    spans = table[table["statistic"] == "R2"]["span"].unique()
    assert len(spans) == len(inventory.SPANS) + 1
    assert set(fitted) == {"train", "test"}


def test_shuffled_keys_are_those_of_another_level_at_the_same_tick() -> None:
    rows = planted(8, 1)
    shuffled = inventory._shuffled(rows, 0).reshape(8, -1)
    own = rows.keys.reshape(8, -1)
    assert not np.array_equal(shuffled, own)
    assert sorted(map(tuple, shuffled.tolist())) == sorted(map(tuple, own.tolist()))


def test_rows_are_memories_of_the_agent_and_of_an_untrained_network() -> None:
    policy = CnnLstmPolicy("small", seed=2).eval()
    levels = make_levels(range(2), LevelRule(p_chest=0.1, max_ticks=20))
    rows = inventory.rows_of(policy, play(key_only(seed=0), levels))
    assert rows.inputs["both"].shape == (8, 256)
    assert np.array_equal(rows.inputs["both"][:, :128], rows.inputs["cell"])
    assert not np.allclose(rows.inputs["untrained"], rows.inputs["both"])
    assert rows.inputs["frame"].shape == (8, 576)
    assert rows.inputs["ticks"].sum(axis=1).tolist() == [1] * 8
    assert rows.keys[(rows.ticks == 0)].tolist() == [0, 0]
    assert rows.keys.max() > 0
    assert rows.levels.tolist() == [0] * 4 + [1] * 4


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
