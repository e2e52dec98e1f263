"""Answers say what the tables say."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.audit.keys.answers import WORDS, all_answers, doubts
from tests.audits import small_keys_audit


def tables() -> dict[str, pd.DataFrame]:
    return {name: table.copy() for name, table in small_keys_audit().tables.items()}


def text(key: str, found: dict[str, pd.DataFrame]) -> str:
    return next(answer.text for answer in all_answers(found) if answer.key == key)


def test_every_question_is_answered_with_its_nulls() -> None:
    answers = {answer.key: answer for answer in small_keys_audit().answers}
    assert list(answers) == [
        "abilities", "apart", "directed", "exchange", "census", "pairs", "useless", "inside",
        "edits",
    ]  # fmt: skip
    for key in ("abilities", "apart", "exchange", "pairs", "useless"):
        assert set(answers[key].findings[0].nulls) == set(WORDS.values())
    for answer in answers.values():
        assert answer.question.endswith("?")


def test_scores_are_those_of_the_table() -> None:
    found = tables()
    rows = found["scores"]
    own = (rows["agent"] == "agent") & (rows["figure"] == "return") & (rows["choice"] == "sampled")
    rows.loc[own & (rows["variant"] == "train"), ["value", "low", "high"]] = 7.25
    assert text("abilities", found).startswith("It opens 7.2 chests in an episode")
    assert not doubts(found)[0].startswith("It opens only")
    rows.loc[own, ["value", "low", "high"]] = 1.0
    assert doubts(found)[0].startswith("It opens only 1.0 chests")


def test_the_exchange_names_the_side() -> None:
    found = tables()
    rows = found["rates"]
    own = (rows["agent"] == "agent") & (rows["keys"] == 1) & (rows["statistic"] == "extra steps")
    rows.loc[own, ["value", "low", "high"]] = -2.5
    assert "2.5 steps nearer than the chest" in text("exchange", found)
    rows.loc[own, ["value", "low", "high"]] = 20.0
    assert "at least 20.0 steps farther" in text("exchange", found)


def test_the_census_counts_counterexamples() -> None:
    found = tables()
    census = pd.DataFrame(
        {"placement": [0, 1, 2], "key_steps": [9, 2, 3], "chest_steps": [2, 5, 9],
         "avoidable": [True, True, False], "key_first": [1.0, 0.0, 1.0],
         "chest_first": [0.0, 1.0, 0.0]}
    )  # fmt: skip
    found["census"] = census
    said = text("census", found)
    assert said.startswith("In every one of 3 placements, it reaches one of both within 40 steps")
    assert "In 1, it takes the useless key first" in said
    census["avoidable"] = True
    census[["key_first", "chest_first"]] = [0.0, 1.0]
    census["chest_steps"] = 1
    assert "first more often than the useless key" in text("census", found)


def test_an_edit_must_do_clearly_more_than_random_ones() -> None:
    found = tables()
    edits = found["edits"]
    edits["keys"] = 9.0
    assert text("edits", found).startswith("None of these")
    edits.loc[edits["edit"] == "zero the 8 first units", "keys"] = 2.0
    said = text("edits", found)
    assert said.startswith("Zero the 8 first units: it takes 2.0 keys instead of 9.0")
    edits.loc[edits["null"], "keys"] = 2.0
    assert text("edits", found).startswith("None of these")


def test_directedness_is_doubted_where_an_untrained_network_has_it() -> None:
    found = tables()
    assert not any("untrained" in doubt for doubt in doubts(found))
    rows = found["directed"]
    rows.loc[rows["player"] == "untrained", "nats"] = 5.0
    assert doubts(found)[0].startswith("Keys explain the moves of an untrained network")


def test_what_explains_most_is_named() -> None:
    found = tables()
    rows = found["directed"]
    own = rows["player"] == "agent"
    rows.loc[own, "nats"] = 0.1
    rows.loc[own & (rows["goal"] == "ceiling"), "nats"] = 0.5
    rows.loc[own & (rows["goal"] == "chests"), "nats"] = 0.25
    said = text("directed", found)
    assert "in 0 of 2 levels" in said
    assert "going to chests, predicts 50%" in said


def test_answers_are_plain_json() -> None:
    import json

    facts = small_keys_audit().facts()
    json.dumps(facts, allow_nan=False)
    assert facts["world"] == "keys_and_chests"
    with pytest.raises(ValueError, match="there is no answer"):
        small_keys_audit().answer("nothing")
