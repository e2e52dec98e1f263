"""Probes: planted keys are found, and what is not there is not."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.episodes.keys import play
from procgen_tools.models import CnnLstmPolicy
from procgen_tools.studies.keys_and_chests import inventory
from procgen_tools.studies.keys_and_chests.claims import one
from procgen_tools.studies.keys_and_chests.inventory import Rows
from procgen_tools.studies.keys_and_chests.measure import Sizes, untrained
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
    monkeypatch.setattr(inventory, "rows_of", lambda policy, null, seeds: planted(8, seeds.start))
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
    rows = inventory.rows_of(policy, untrained(policy), play(key_only(seed=0), levels))
    assert rows.inputs["both"].shape == (8, 256)
    assert np.array_equal(rows.inputs["both"][:, :128], rows.inputs["cell"])
    assert not np.allclose(rows.inputs["untrained"], rows.inputs["both"])
    assert rows.inputs["frame"].shape == (8, 576)
    assert rows.inputs["ticks"].sum(axis=1).tolist() == [1] * 8
    assert rows.keys[(rows.ticks == 0)].tolist() == [0, 0]
    assert rows.keys.max() > 0
    assert rows.levels.tolist() == [0] * 4 + [1] * 4
