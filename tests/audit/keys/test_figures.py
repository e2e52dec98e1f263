"""Figures of an audit of keys and chests: one per answer, with a finding above it."""

from __future__ import annotations

import matplotlib.pyplot as plt

from procgen_tools.audit.keys.figures import figures
from procgen_tools.audit.keys.run import MAPS
from tests.audits import small_keys_audit


def test_every_answer_has_its_figure() -> None:
    found = small_keys_audit()
    drawn = figures(found)
    assert list(drawn) == [answer.key for answer in found.answers]
    for key in ("abilities", "apart", "directed", "census", "inside", "edits"):
        title = drawn[key].get_suptitle().replace("\n", " ")
        assert found.answer(key).text.split(".")[0] in title
    levels = found.tables["maps"]["level"].nunique()
    assert levels == min(MAPS, found.amount.levels)
    panels = [ax for ax in drawn["directed"].axes if ax.get_title().startswith("keys ")]
    assert len(panels) == levels
    assert len([ax for ax in drawn["census"].axes if ax.get_title().startswith("key ")]) == 6
    plt.close("all")
