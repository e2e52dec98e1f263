"""Answers say what the tables say, and doubt what they should."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.audit.answers import (
    Finding,
    all_answers,
    beyond_random,
    change_sizes,
    doubts,
    written,
)
from procgen_tools.statistics.intervals import Estimate
from tests.audits import small_audit


def tables(**changed: float) -> dict[str, pd.DataFrame]:
    """The tables of the small audit, with columns of the agent set to a number."""
    found = {name: table.copy() for name, table in small_audit().tables.items()}
    for name, number in changed.items():
        table, column = name.split("__")
        rows = found[table]
        own = rows["player"] == "agent" if "player" in rows else slice(None)
        rows.loc[own, column] = number
    return found


def text(key: str, **changed: float) -> str:
    answers = all_answers(tables(**changed), small_audit().asked)
    return next(answer.text for answer in answers if answer.key == key)


def test_every_question_is_answered() -> None:
    keys = [answer.key for answer in small_audit().answers]
    assert keys[:3] == ["abilities", "apart", "directed"]
    assert {"census", "pairs", "inside", "edits"} <= set(keys)
    for answer in small_audit().answers:
        assert answer.question.endswith("?")
        assert answer.findings


def test_texts_follow_the_numbers() -> None:
    assert "the red line first in 25% of episodes" in text("apart", apart__wanted_first=0.25)
    assert "succeeds in 50.0% of episodes" in text("abilities", training__success=0.5)
    assert "in 5 of 5 levels" in text("directed", apart__wanted_nats=2.0)
    assert "None of the statements" in text(
        "census", census__success=0.1, census__wanted_first=0.0, census__steps=499.0
    )
    assert "a goal ends the episode" in text("census", census__success=1.0)


def test_an_edit_that_does_nothing_is_called_so() -> None:
    assert text("edits", edits__wanted_first=0.5).startswith("None of these")


def test_sizes_of_changes_put_controls_last() -> None:
    pairs = pd.DataFrame(
        {"player": "agent", "change": ["control", "a", "control", "a"],
         "control": [True, False, True, False], "before": 0.5, "after": [0.5, 0.7, 0.5, 0.3]}
    )  # fmt: skip
    found = change_sizes(pairs, "agent")
    assert found["change"].tolist() == ["a", "control"]
    assert found["mean"][0].value == pytest.approx(0)
    assert found["size"][0].value == pytest.approx(0.2)


def test_doubts_follow_the_numbers() -> None:
    asked = small_audit().asked
    assert not any("inability" in each for each in doubts(tables(training__success=1.0), asked))
    assert "inability" in doubts(tables(training__success=0.5), asked)[0]
    weak = doubts(tables(apart__wanted_first=0.01, apart__other_first=0.9), asked)
    assert any("An untrained network reaches the red line first more often" in w for w in weak)
    lost = doubts(tables(apart__wanted_first=0.6, apart__other_first=0.1), asked)
    assert any("reaches neither goal" in each for each in lost)


def test_numbers_are_written_with_their_intervals() -> None:
    assert written(Estimate(0.5, 0.4, 0.6), ".1%") == "50.0% [40.0%, 60.0%]"
    assert written(Estimate.exact(3.0), ".0f") == "3"
    row = Finding("it", Estimate.exact(1.0), {"nothing": Estimate(0.0, -1.0, 1.0)}, ".0f").row()
    assert row == {"measured": "it", "agent": "1", "nothing": "0 [-1, 1]"}
    assert written(Estimate.exact(float("nan")), ".0f") == "none"


def test_an_edit_is_compared_with_random_edits_of_its_kind() -> None:
    """Level by level, with the one that lowers the number most."""
    kinds = {"none": "none", "zero": "zero", "add": "add", "zero (1)": "zero", "zero (2)": "zero",
             "add (1)": "add"}  # fmt: skip
    numbers = {"none": (9, 9), "zero": (4, 2), "add": (8, 8), "zero (1)": (7, 7),
               "zero (2)": (5, 7), "add (1)": (1, 1)}  # fmt: skip
    edits = pd.DataFrame(
        {"edit": name, "like": like, "null": name != like, "level": level, "x": float(value)}
        for name, like in kinds.items()
        for level, value in enumerate(numbers[name])
    )
    found = beyond_random(edits, "x")
    assert set(found) == {"zero", "add"}
    assert (found["zero"][0], found["zero"][1].value) == ("zero (2)", -3.0)
    assert (found["add"][0], found["add"][1].value) == ("add (1)", 7.0)
