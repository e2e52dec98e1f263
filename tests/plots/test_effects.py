"""Figures of effects, ablations and retargeting: drawings and titles say what the numbers say."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from procgen_tools.plots import effects, style


def table(edits: dict[str | float, float]) -> pd.DataFrame:
    """Two agents in four mazes; each edit takes this share of P(cheese) away."""
    rng = np.random.default_rng(0)
    rows = []
    for agent in ("a", "b"):
        for level in range(4):
            cheese = 0.5 + 0.4 * rng.random()
            for edit, share in edits.items():
                after = cheese * (1 - share)
                rows.append(
                    {
                        "agent": agent,
                        "level": level,
                        "edit": edit,
                        "decision_cheese_before": cheese,
                        "decision_cheese_after": after,
                        "decision_top_right_before": 1 - cheese,
                        "decision_top_right_after": 1 - after,
                        "decision_other_before": 0.0,
                        "decision_other_after": 0.0,
                    }
                )
    return pd.DataFrame(rows)


def note_of(figure: plt.Figure) -> str:
    (note,) = figure.artists
    return note.get_text()


def test_before_and_after_are_joined_in_each_maze() -> None:
    rows = table({"edit": 0.5})
    figure = effects.plot_before_after(rows, edited="edited so")
    assert plt.gcf() is figure
    for ax, agent in zip(figure.axes, "ab", strict=True):
        chosen = rows[rows["agent"] == agent]
        ends = np.array(ax.collections[0].get_segments())[:, :, 1]
        assert np.array_equal(ends[:, 0], chosen["decision_cheese_before"])
        assert np.array_equal(ends[:, 1], chosen["decision_cheese_after"])
    assert figure.get_suptitle() == "P(towards the cheese) falls in 8 of 8 cases\n"
    assert note_of(figure) == "a line is a maze, n = 4 mazes of each agent"
    top_right = effects.plot_before_after(rows[rows["agent"] == "a"], "top_right")
    assert top_right.get_suptitle() == "P(towards the top right) rises in 4 of 4 mazes\n"
    with pytest.raises(ValueError, match="no decision leads to 'home'"):
        effects.plot_before_after(rows, "home")


def test_the_title_of_a_dose_response_names_its_extremes() -> None:
    doses = table({-1.0: 0.9, 1.0: 0.1})
    doses["coefficient"] = doses["edit"]
    means = doses.groupby("coefficient")["decision_cheese_after"].mean()
    before = doses["decision_cheese_before"].mean()
    title = effects.plot_dose_response(doses, "coefficient").get_suptitle()
    assert title == (
        f"P(towards the cheese): {before:.2f} as trained, from {means[-1.0]:.2f} (at -1) to "
        f"{before:.2f} (at 0)\n"
    )


def test_controls_join_the_means_of_the_same_mazes() -> None:
    rows = table({"strong": 0.9, "weak": 0.1})
    figure = effects.plot_controls(rows, ("cheese",))
    (ax,) = figure.axes
    joined = [
        line for line in ax.get_lines() if line.get_linewidth() == 1 and line.get_alpha() is None
    ]
    expected = rows.groupby(["agent", "edit"], sort=False)[
        ["decision_cheese_before", "decision_cheese_after"]
    ].mean()
    drawn = np.array([line.get_xdata() for line in joined if len(line.get_xdata()) == 2])
    assert np.allclose(drawn, expected.to_numpy())
    before, after = (
        rows["decision_cheese_before"].mean(),
        rows.groupby("edit")["decision_cheese_after"].mean(),
    )
    assert figure.get_suptitle() == (
        f"P(towards the cheese) changes most by: strong ({before:.2f} → {after['strong']:.2f})\n"
    )


def test_pairs_are_joined() -> None:
    _, ax = plt.subplots()
    before, after = np.array([0.9, 0.5, 0.1]), np.array([0.2, 0.5, 0.0])
    effects.draw_pairs(ax, before, after, style.CHEESE, names=("as trained", "edited"))
    assert np.array_equal(
        np.array(ax.collections[0].get_segments())[:, :, 1], np.stack([before, after], axis=1)
    )
    assert [text.get_text() for text in ax.get_xticklabels()] == ["as trained", "edited"]
    assert ax.get_legend_handles_labels()[1] == ["median: 0.50 → 0.20"]
    assert effects.changes_in_words(before, after) == "falls in 2 of 3 mazes"
    assert effects.changes_in_words(after, before, noun="agent") == "rises in 2 of 3 agents"
