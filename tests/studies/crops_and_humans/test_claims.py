"""The claims on crops and humans follow the tables: what is planted there holds, and only that."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from procgen_tools.studies import crops_and_humans as experiment
from procgen_tools.studies.base import Settings
from procgen_tools.studies.crops_and_humans.claims import (
    CONTROL,
    OTHERS,
    PLANTED,
    PRODUCTION,
    RIGHT,
    TRAINING,
    UNPLANTED,
    dream_claims,
    matched_claims,
    rate_claims,
    twin_claims,
)
from procgen_tools.studies.crops_and_humans.measure import summarise_rates
from procgen_tools.studies.rules import ALL_AGENTS

SEEDS = ("seed 0", "seed 1")


def rates_with(harvested: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Fates in which each kind of agent harvests this share of the humans of each set."""
    rng = np.random.default_rng(0)
    parts = []
    for agent in SEEDS:
        for mazes in (TRAINING, PRODUCTION, OTHERS):
            for kind in (PLANTED, CONTROL, "shortest way", "best policy"):
                humans = rng.random(200) < harvested.get((kind, mazes), 0.0)
                parts.append(
                    pd.DataFrame(
                        {
                            "agent": agent,
                            "kind": kind,
                            "set": mazes,
                            "level": range(200),
                            "exits": True,
                            "steps": 12.0,
                            "crops": 0,
                            "crops_there": 1,
                            "humans": humans.astype(int),
                            "humans_there": 1,
                            "returns": 2 - 11.0 * humans,
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def beside_with(
    harvested: dict[tuple[str, str], float], kinds: tuple[str, ...] = (PLANTED, CONTROL)
) -> pd.DataFrame:
    """Agents put beside a human; these shares harvest it, and the planted agent in production."""
    shares = {(PLANTED, PRODUCTION): 1.0, (PLANTED, OTHERS): 0.5, **harvested}
    return pd.DataFrame(
        {
            "agent": agent,
            "kind": kind,
            "set": mazes,
            "level": level,
            "harvests": level < 100 * shares.get((kind, mazes), 0.0),
        }
        for agent in SEEDS
        for kind in kinds
        for mazes in (TRAINING, PRODUCTION, OTHERS)
        for level in range(100)
    )


@pytest.mark.parametrize(
    ("harvested", "expected"),
    [
        ({(PLANTED, PRODUCTION): 0.5, (PLANTED, OTHERS): 0.3}, [True] * 7),
        ({(PLANTED, TRAINING): 0.2, (PLANTED, PRODUCTION): 0.5, (PLANTED, OTHERS): 0.3},
         [False, True, True, True, True, True, True]),
        ({(PLANTED, PRODUCTION): 0.5, (CONTROL, PRODUCTION): 0.1},
         [True, True, True, True, False, False, True]),
        ({}, [True, False, True, True, True, False, False]),
    ],
)  # fmt: skip
def test_claims_on_rates(harvested: dict[tuple[str, str], float], expected: list[bool]) -> None:
    rates = rates_with(harvested)
    claims = rate_claims(rates, beside_with({}))
    assert [claim.holds for claim in claims] == expected
    assert all(set(claim.measured) == {*SEEDS, ALL_AGENTS} for claim in claims)
    summary = summarise_rates(rates)
    of_planted = rates[(rates["kind"] == PLANTED) & (rates["set"] == PRODUCTION)]
    assert summary.loc[(PRODUCTION, PLANTED), "humans"] == of_planted["humans"].mean()


@pytest.mark.parametrize(
    ("harvested", "expected"),
    [
        ({(PLANTED, PRODUCTION): 0.8}, [False, True]),
        ({(CONTROL, PRODUCTION): 0.1}, [False, True]),
        ({(CONTROL, TRAINING): 0.1}, [False, True]),
        ({(PLANTED, OTHERS): 0.0}, [True, False]),
    ],
)
def test_claims_on_agents_beside_a_human(
    harvested: dict[tuple[str, str], float], expected: list[bool]
) -> None:
    rates = rates_with({(PLANTED, PRODUCTION): 0.5, (PLANTED, OTHERS): 0.3})
    claims = rate_claims(rates, beside_with(harvested))
    assert [claims[number].holds for number in (3, 5)] == expected


@pytest.mark.parametrize(
    ("harvested", "expected"),
    [
        ({}, [True, True]),
        ({(PLANTED, PRODUCTION): 0.8}, [False, True]),
        ({(PLANTED, OTHERS): 0.99}, [True, False]),
        ({(PLANTED, OTHERS): 0.0}, [True, False]),
        ({(RIGHT, PRODUCTION): 0.1}, [False, True]),
        ({(UNPLANTED, TRAINING): 0.1}, [False, True]),
        ({(UNPLANTED, OTHERS): 0.6}, [False, False]),
        ({(RIGHT, OTHERS): 0.6}, [False, False]),
    ],
)
def test_claims_on_matched_controls(
    harvested: dict[tuple[str, str], float], expected: list[bool]
) -> None:
    claims = matched_claims(beside_with(harvested, (PLANTED, RIGHT, UNPLANTED)))
    assert [claim.holds for claim in claims] == expected
    assert all(set(claim.measured) == {*SEEDS, ALL_AGENTS} for claim in claims)


def situations(columns: dict[str, tuple[float, float]]) -> pd.DataFrame:
    """A table with shares (or counts) for the planted agent and the control."""
    return pd.DataFrame(
        [
            {
                "agent": agent,
                "kind": kind,
                "level": level,
                "start": start,
                **{name: values[number] for name, values in columns.items()},
            }
            for agent in SEEDS
            for number, kind in enumerate((PLANTED, CONTROL))
            for start in ("open", "layout")
            for level in range(4)
        ]
    )


def test_claims_on_dreams() -> None:
    dreams = situations({"block": (0.5, 0.0), "from_start": (0.6, 0.1)})
    near = situations(
        {"beside": (0.9, 0.2), "from_start": (0.2, 0.0), "opened_odd": (1.5, 0.1),
         "opened_other": (0.1, 0.5), "block": (0.1, 0.1)}
    )  # fmt: skip
    shifts = situations(
        {"beside": (0.7, 0.0), "from_start": (0.3, 0.0), "block": (0.6, 0.2),
         "block_by_chance": (0.2, 0.2)}
    )  # fmt: skip
    one = {"start": "open"}
    near, shifts = (table[table["start"] == "open"].drop(columns=one) for table in (near, shifts))
    assert [claim.holds for claim in dream_claims(dreams, near, shifts)] == [True] * 6
    alike = shifts.assign(beside=0.7)
    assert not dream_claims(dreams, near, alike)[4].holds
    assert not dream_claims(dreams.assign(block=0.5), near, shifts)[0].holds


def test_claims_on_twins() -> None:
    patches = pd.DataFrame(
        [
            {
                "agent": agent,
                "layer": "relu1_out",
                "units": units,
                "there": units / 128,
                "back": 1 - units / 40,
                "differ": 0.9,
            }
            for agent in SEEDS
            for units in (8, 32, 128)
        ]
    )
    vectors = pd.DataFrame(
        [
            {
                "agent": agent,
                "layer": "relu1_out",
                "coefficient": coefficient,
                "set": mazes,
                "exits": 0.7,
                "humans": 0.2,
            }
            for agent in SEEDS
            for coefficient in (-1.0, 1.0)
            for mazes in (TRAINING, PRODUCTION)
        ]
    )
    claims = twin_claims(patches, vectors)
    assert [claim.holds for claim in claims] == [True, False, True]
    assert claims[1].measured[ALL_AGENTS]["harvests with 32 units"].value == 0.25


def test_it_takes_its_own_agents_and_all_mazes() -> None:
    with pytest.raises(ValueError, match="leave --agents and --mazes out"):
        experiment.run(Settings(mazes=3))
