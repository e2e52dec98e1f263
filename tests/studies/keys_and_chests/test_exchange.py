"""Choices between a key and a chest: scripted players choose as they must, rates as planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.studies.keys_and_chests.exchange import (
    FARTHEST,
    choice_rows,
    fitted,
    rates,
    rates_table,
)
from procgen_tools.worlds.keys_and_chests.choices import make_choices
from procgen_tools.worlds.keys_and_chests.players import SCRIPTED

CHOICES = make_choices(8, distances=(2, 4), first_seed=7)


def test_scripted_players_choose_what_they_want() -> None:
    seeker = choice_rows(SCRIPTED["key-only"](0), CHOICES, seed=0)
    assert (seeker["first"] == "key").all()
    assert (seeker["steps"] == seeker["key_steps"]).all()
    best = choice_rows(SCRIPTED["chest-if-key"](0), CHOICES, seed=0)
    assert (best["first"] == np.where(best["keys"] > 0, "chest", "key")).all()
    holding = best[best["keys"] > 0]
    assert (holding["steps"] == holding["chest_steps"]).all()


def test_each_level_is_played_with_key_and_chest_exchanged() -> None:
    rows = choice_rows(SCRIPTED["key-only"](0), CHOICES, seed=0)
    plain, swapped = (rows[rows["swapped"] == each] for each in (False, True))
    assert (plain["key_steps"].to_numpy() == swapped["chest_steps"].to_numpy()).all()
    assert (plain["level"].to_numpy() == swapped["level"].to_numpy()).all()
    assert len(rows) == len(CHOICES) * 2 * 4


def planted(extra: float, count: int = 4000, slope: float = 0.8) -> pd.DataFrame:
    """Players that want the key until it is `extra` steps farther."""
    rng = np.random.default_rng(0)
    steps = rng.choice([2, 4, 6, 8], size=(count, 2))
    chance = 1 / (1 + np.exp(-slope * (extra - (steps[:, 0] - steps[:, 1]))))
    first = np.where(rng.random(count) < chance, "key", "chest")
    return pd.DataFrame(
        {"agent": "planted", "level": np.arange(count) % 200, "key_steps": steps[:, 0],
         "chest_steps": steps[:, 1], "first": first}
    )  # fmt: skip


def test_planted_rates_are_found() -> None:
    without, holding = planted(3.0), planted(-1.5)
    table = rates_table(pd.concat([without.assign(keys=0), holding.assign(keys=1)]), 50, seed=0)
    wide = table.set_index(["keys", "statistic"])
    for keys, extra in ((0, 3.0), (1, -1.5)):
        row = wide.loc[(keys, "extra steps")]
        assert row["low"] < extra < row["high"]
        assert row["high"] - row["low"] < 1
    drop = wide.loc[(1, "drop")]
    assert drop["low"] > 0.5
    assert drop["value"] == pytest.approx(
        wide.loc[(0, "key at equal distances")]["value"]
        - wide.loc[(1, "key at equal distances")]["value"]
    )


def test_choices_of_neither_are_left_out_and_counted() -> None:
    some = planted(1.0, 600)
    none = some.assign(first="neither")
    steps = some[["key_steps", "chest_steps"]].to_numpy(float)
    both = np.concatenate([some["first"], none["first"]]).astype(str)
    assert fitted(np.tile(steps, (2, 1)), both) == pytest.approx(
        fitted(steps, some["first"].to_numpy(str))
    )
    table = rates_table(pd.concat([some, none]).assign(keys=0).pipe(_with_one), 3, seed=0)
    share = table[(table["statistic"] == "neither") & (table["keys"] == 0)]["value"]
    assert share.tolist() == [0.5]


def _with_one(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows, rows.assign(keys=1)])


def test_extra_steps_are_cut() -> None:
    assert rates(np.array([-1e-3, 0.0, 5.0]))[1] == FARTHEST
    assert rates(np.array([0.0, 0.0, -5.0]))[1] == -FARTHEST
    assert rates(np.array([0.0, 0.0, 0.0])) == (0.5, 0.0)
