"""The figure of scores in keys and chests: a row per player, a panel per variant."""

from __future__ import annotations

import pytest

from procgen_tools.evaluation.keys import evaluate_players, find_player
from procgen_tools.plots.keys import plot_scores


def test_every_estimate_is_drawn_where_it_belongs() -> None:
    players = [find_player("random"), find_player("key-only")]
    scores = evaluate_players(players, episodes=10)
    figure = plot_scores(scores)
    assert [ax.get_title() for ax in figure.axes] == ["train variant", "test variant"]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["key-only, scripted", "random, scripted"]
    for number, ax in enumerate(figure.axes):
        dots = {(round(float(line.get_xdata()[0]), 9), round(float(line.get_ydata()[0])))
                for line in ax.lines if len(line.get_xdata()) == 1}  # fmt: skip
        for row, score in enumerate(reversed(scores[2 * number : 2 * number + 2])):
            for estimate in score.estimates().values():
                assert (round(estimate.value, 9), row) in dots
        original = [line for line in ax.lines if line.get_marker() == "|"]
        assert len(original) == 3, "those of the random player"


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="evaluate one player or more"):
        plot_scores([])
