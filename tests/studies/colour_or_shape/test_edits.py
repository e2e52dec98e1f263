"""Edits of single sprites: the parts of a known agent are found again and predict the rest."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.special import expit

from procgen_tools.studies.colour_or_shape.edits import (
    EDITS,
    ONE_DIFFERENCE,
    PREDICTED,
    Parts,
    edit_table,
    parts_of,
)


def odds(pair: tuple[str, str], parts: Parts) -> float:
    """The log odds of the first object for an agent with these parts."""
    yellow, line = (
        sum(sign * name.count(word) for sign, name in zip((1, -1), pair, strict=True))
        for word in ("yellow", "line")
    )
    return parts.place + yellow * parts.colour + line * parts.shape


def preferences(agent: str, parts: Parts) -> pd.DataFrame:
    rows = [
        {"agent": agent, "population": "p", "first": pair[0], "second": pair[1],
         "preference": expit(odds(pair, parts))}
        for pair in EDITS.values()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_the_pairs_differ_as_they_say() -> None:
    for pairs, differences in ((ONE_DIFFERENCE, {0, 1}), (PREDICTED, {2})):
        for first, second in pairs.values():
            words = zip(first.split("_"), second.split("_"), strict=True)
            assert sum(one != other for one, other in words) in differences
    assert len(set(EDITS.values())) == 8


@pytest.mark.parametrize("edit", PREDICTED)
def test_the_sum_is_that_of_the_objects(edit: str) -> None:
    parts = Parts(place=0.3, colour=-0.7, shape=1.1)
    assert parts.predicted(edit) == pytest.approx(expit(odds(PREDICTED[edit], parts)))


def test_the_parts_of_an_agent_are_found_and_predict_the_rest() -> None:
    one, other = Parts(0.2, 1.5, -0.5), Parts(-0.1, -1.0, 0.8)
    table = edit_table(pd.concat([preferences("one", one), preferences("other", other)]))
    first = table.set_index("agent").loc["one"]
    assert first[["place", "colour", "shape"]].tolist() == pytest.approx([0.2, 1.5, -0.5])
    assert first["error"] == pytest.approx(0, abs=1e-9)
    assert (first[["colour alone", "shape alone", "other agents"]] > 0.05).all()


def test_what_does_not_add_up_is_not_predicted() -> None:
    found = preferences("one", Parts(0.0, 1.0, 1.0))
    found.loc[found["first"] == "red_line", "preference"] = 0.9
    assert edit_table(found)["error"][0] > 0.1
    assert edit_table(found)["other agents"].isna().all()


def test_certain_choices_have_finite_parts() -> None:
    found = parts_of(pd.Series(1.0, index=list(ONE_DIFFERENCE)))
    assert found.place < 10
