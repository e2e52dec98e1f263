"""Figures of situations: bars are means, every maze has a dot, and chances are in words."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from procgen_tools import chains, maze
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.situations import (
    OUTCOMES,
    plot_every_maze,
    plot_outcomes,
    plot_situations,
    plot_with_chances,
)
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS

TABLE = pd.DataFrame(
    [
        (agent, level, situation, cheese, (1 - cheese) * 0.75, (1 - cheese) * 0.25)
        for agent, shift in (("a", 0.0), ("b", 0.1))
        for situation, chance in (("in the corner", 0.8), ("anywhere", 0.4), ("nowhere", -shift))
        for level in range(3)
        for cheese in (chance + shift + (0.05 * (level - 1) if chance > 0 else 0),)
    ],
    columns=["agent", "level", "situation", *OUTCOMES],
)


def words_of(figure: plt.Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda it: hasattr(it, "get_text")))


def test_bars_are_the_means_of_each_agent_and_situation() -> None:
    figure = plot_outcomes(TABLE)
    bars = figure.axes[0].patches
    assert len(bars) == 3 * 2 * 3
    means = TABLE.groupby(["situation", "agent"], sort=False)[list(OUTCOMES)].mean()
    order = [(name, agent) for name in TABLE["situation"].unique() for agent in ("a", "b")]
    for number, key in enumerate(order):
        widths = [bar.get_width() for bar in bars[3 * number : 3 * number + 3]]
        assert widths == pytest.approx(means.loc[key].tolist())
    words = words_of(figure)
    assert "in the corner" in words
    assert "n = 3 mazes in each situation" in words
    plt.close(figure)


def test_every_maze_has_a_dot() -> None:
    figure = plot_every_maze(TABLE)
    lines = figure.axes[0].get_lines()
    dots = [line for line in lines if line.get_label() in ("a", "b")]
    for agent, line in zip(("a", "b"), dots, strict=True):
        rows = TABLE[(TABLE["agent"] == agent) & (TABLE["situation"] != "nowhere")]
        assert line.get_ydata().tolist() == rows["cheese"].tolist()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == [
        "in the corner",
        "anywhere",
    ]
    plt.close(figure)


def test_titles_hold_the_exact_chances() -> None:
    policy = ImpalaPolicy(seed=1).eval()
    level = maze.make_level(3)
    field = vector_field(level, policy)
    exact = chains.chances(field, step_limit=EPISODE_STEPS, corner_region=CORNER_REGION)
    ax = plot_with_chances(field, title="level 3")
    first, second = ax.get_title().splitlines()[:2]
    assert first == "level 3"
    assert second.startswith(f"cheese {exact.cheese:.2f}, top right only ")
    assert second.endswith(f"neither {exact.neither:.2f}")
    figure = plot_situations(policy, {"one": level, "without": maze.remove_cheese(level)})
    assert "of the 1 mazes that have one" in words_of(figure)
    shown = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title().splitlines()[0] for ax in shown] == ["one", "without"]
    plt.close("all")
