"""Figures of an audit: one per answer, with its finding above it."""

from __future__ import annotations

import matplotlib.pyplot as plt

from procgen_tools.audit.figures import figures, plot_census, plot_goal_maps
from tests.audits import small_audit


def test_every_answer_has_its_figure() -> None:
    found = small_audit()
    drawn = figures(found)
    assert list(drawn) == [answer.key for answer in found.answers]
    for answer in found.answers:
        title = drawn[answer.key].get_suptitle().replace("\n", " ")
        assert answer.text.split(":")[0] in title
    plt.close("all")


def test_maps_and_counterexamples_have_a_panel_each() -> None:
    found = small_audit()
    maps, census = plot_goal_maps(found), plot_census(found)
    titles = [ax.get_title() for ax in maps.axes if ax.get_title()]
    assert len(titles) == 5
    row = found.tables["apart"].query("player == 'agent'").iloc[0]
    assert titles[0] == f"red line {row['wanted_nats']:.2f}, yellow gem {row['other_nats']:.2f}"
    worst = found.tables["census"]["wanted_first"].min()
    assert census.axes[0].get_title() == f"P = {worst:.4f}"
    plt.close("all")
