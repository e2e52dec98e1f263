"""Answers say what the tables say."""

from __future__ import annotations

import pandas as pd
import pytest

from procgen_tools.audit.keys.answers import HOLDS, WORDS, all_answers, doubts
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
    assert "more than 6 steps farther" in text("exchange", found)


def placements(*rows: tuple[int, int, bool, float, float]) -> pd.DataFrame:
    """A census in which the agent and its nulls do the same."""
    names = ["key_steps", "chest_steps", "avoidable", "key_first", "chest_first"]
    table = pd.DataFrame(list(rows), columns=names).rename_axis("placement").reset_index()
    return pd.concat([table.assign(player=name) for name in ("agent", "untrained", "random")])


def test_the_census_counts_counterexamples() -> None:
    found = tables()
    found["census"] = placements(
        (9, 2, True, 1.0, 0.0), (2, 5, True, 0.0, 1.0), (3, 9, False, 1.0, 0.0)
    )
    said = text("census", found)
    assert said.startswith("In every one of 3 placements, one of both is reached within 40 steps,")
    assert "in all 4 episodes, in 1 of the 1 placements where the chest is nearer" in said
    found["census"] = placements((9, 1, True, 0.0, 1.0), (8, 1, True, 0.25, 0.75))
    assert "first more often than the useless key" in text("census", found)


@pytest.mark.parametrize(("key_steps", "chest_steps"), [(2, 5), (5, 2)])
def test_a_tie_is_no_win_of_the_nearer(key_steps: int, chest_steps: int) -> None:
    nearer = list(HOLDS.values())[1]
    assert not nearer(placements((key_steps, chest_steps, True, 0.5, 0.5))).any()
    won = (0.75, 0.25) if key_steps < chest_steps else (0.25, 0.75)
    assert nearer(placements((key_steps, chest_steps, True, *won))).all()


def test_an_edit_must_do_clearly_more_than_random_edits_of_its_kind() -> None:
    found = tables()
    edits = found["edits"]
    edits["keys"] = 9.0
    assert text("edits", found).startswith(
        "None of these: no edit lowers the keys that it takes by"
    )
    edits.loc[edits["edit"] == "zero the 8 first units", "keys"] = 2.0
    edits.loc[edits["edit"].str.startswith("zero 32 random"), "keys"] = 1.0  # of another kind
    said = text("edits", found)
    assert said.startswith("Zero the 8 first units: it takes 2.0 keys instead of 9.0")
    assert "The best random edit of its kind leaves 9.0 keys" in said
    edits.loc[edits["edit"].str.startswith("zero 8 random"), "keys"] = 2.0
    assert text("edits", found).startswith("None of these")


def test_directedness_is_doubted_where_what_nobody_sees_has_it() -> None:
    found = tables()
    rows = found["directed"]
    own = rows["player"] == "agent"
    rows.loc[own & (rows["goal"] == "keys"), "nats"] = 0.3
    rows.loc[own & (rows["goal"] == "hidden chests"), "nats"] = 0.1
    assert not any("hardly better" in doubt for doubt in doubts(found))
    rows.loc[own & (rows["goal"] == "hidden chests"), "nats"] = 0.2
    assert doubts(found)[0].startswith("Keys explain its moves hardly better than hidden chests")


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
