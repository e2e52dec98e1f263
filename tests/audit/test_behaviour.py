"""What players do: chances are those of the chains, and all players see the same levels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from procgen_tools import chains, maze, vfield
from procgen_tools.audit import behaviour, read_agent
from procgen_tools.audit.agents import PLAYERS
from tests.audits import AGENT, small_audit


def test_chances_are_those_of_the_chains() -> None:
    found = small_audit()
    row = found.tables["apart"].query("player == 'agent' and level == 2").iloc[0]
    level = found.asked.apart[2]
    exact = chains.chances(vfield.vector_field(level, found.agent.policy), None, level.step_limit)
    assert row["wanted_first"] == pytest.approx(exact.first["red_line"])
    assert row["other_first"] == pytest.approx(exact.first["yellow_gem"])
    assert row["steps"] == pytest.approx(exact.episode_steps)
    assert row["wanted_steps"] == level.graph().distances("red_line")[level.graph().start]


def test_all_players_see_all_levels() -> None:
    for name in ("training", "apart"):
        table = small_audit().tables[name]
        assert [*table.groupby("player", sort=False).size()] == [5, 5, 5]
        assert tuple(table["player"].unique()) == PLAYERS


def test_the_agent_does_better_than_its_nulls() -> None:
    steps = small_audit().tables["training"].groupby("player")["steps"].mean()
    assert steps["agent"] * 3 < min(steps["untrained"], steps["random"])


def test_maps_hold_every_place_of_the_first_levels() -> None:
    maps = small_audit().tables["maps"]
    assert maps.groupby("level").size().tolist() == [
        len(level.open_squares()) for level in small_audit().asked.apart
    ]
    assert maps["nats"].dropna().between(0, np.log(5)).all()


def test_pairs_without_a_change_do_not_change() -> None:
    audited, asked = read_agent(AGENT), small_audit().asked
    same = replace(asked, changes={"nothing": lambda level, _: level},
                   controls={"never": lambda level, _: None}, apart=asked.apart[:2])  # fmt: skip
    table = behaviour.pairs_table(audited, same)
    assert table["change"].unique().tolist() == ["nothing"]
    assert np.array_equal(table["before"], table["after"])


def test_the_census_knows_the_shortest_way() -> None:
    table = small_audit().tables["census"]
    assert (table["steps"] >= table["shortest"] - 1e-9).all()
    assert table["success"].between(0, 1 + 1e-9).all()


def test_levels_without_a_choice_are_told_apart() -> None:
    """Where every way to the cheese leads past the corner, even the best agent is there first."""
    asked = read_agent("rand_region_5").asked(levels=2, census=None)
    free = np.array([behaviour.free_to_choose(level, asked) for level in asked.census])
    past = [
        (4, 4) in maze.shortest_path(level, level.mouse, level.cheese)[:-1]
        for level in asked.census
    ]
    assert np.array_equal(free, ~np.array(past))
    assert free.sum() == 2760  # of 3,072
