"""Figures of experiments: what they say above is computed, and nothing hides the data."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from procgen_tools.plots.style import agent_look, set_aside
from procgen_tools.statistics.intervals import Estimate, Share
from procgen_tools.studies.attribution.figures import (
    AGREEMENTS,
    MAPS,
    plot_agreement,
    plot_channel_effects,
    plot_square_maps,
)
from procgen_tools.studies.cheese_channels.figures import (
    plot_by_number,
    plot_channel_pictures,
    plot_channel_ranks,
)
from procgen_tools.studies.cheese_scrubbing.figures import plot_arms
from procgen_tools.studies.probing.figures import plot_by_layer
from procgen_tools.studies.probing.figures import plot_by_number as plot_probes_by_number
from procgen_tools.studies.receptive_fields.figures import plot_pixel_changes
from procgen_tools.studies.training_dynamics.figures import plot_onsets
from procgen_tools.studies.value_head.figures import plot_values_at_forks
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import decision_square


def head(figure: plt.Figure) -> str:
    """The finding above a figure, in one line."""
    set_aside({"": figure})
    return " ".join(figure.texts[0].get_text().split())


def note(figure: plt.Figure) -> str:
    """What it is from, in one line."""
    return " ".join(figure.artists[0].get_text().split())


def test_attributions_share_one_scale_and_nothing_covers_them() -> None:
    level = make_level(51)
    square = decision_square(level)
    assert square is not None
    rows, cols = np.indices((level.size, level.size))
    rng = np.random.default_rng(0)
    real = rng.normal(size=rows.size)
    squares = pd.DataFrame({"row": rows.ravel(), "col": cols.ravel(), "real": real,
                            "black": real / 2, "no_cheese": 0.0,
                            "saliency": np.abs(real[::-1])})  # fmt: skip
    figure = plot_square_maps(squares, move_mouse(level, square), title="one")
    assert head(figure).startswith("Rank correlation with real changes: integrated gradients from "
                                   "black 1.00")  # fmt: skip
    panels = figure.axes[: len(MAPS)]
    limits = {panel.images[0].get_clim() for panel in panels[:3]}
    assert len(limits) == 1
    assert panels[3].images[0].get_clim() not in limits
    for panel in panels:
        assert not panel.get_lines()
        assert not any(patch.get_fill() for patch in panel.patches)


def test_yes_or_no_has_a_wilson_interval() -> None:
    scores = pd.DataFrame({"agent": "mine", "level": range(8), **dict.fromkeys(AGREEMENTS, 0.0)})
    figure = plot_agreement(scores.assign(channels=np.linspace(0.5, 1, 8)))
    (bars,) = [
        each
        for each in figure.axes[0].collections
        if to_hex(each.get_color()[0]).upper() == agent_look("mine").colour
    ]
    place = list(AGREEMENTS).index("same_top_black")
    (bar,) = [each for each in bars.get_segments() if (each[:, 1] == place).all()]
    assert bar[:, 0].tolist() == list(Share(0, 8).interval)
    assert head(figure).endswith("real changes of channels (0.75) and of squares (0.00)")
    assert note(figure).startswith("n = 8 mazes, agent mine")


def test_channels_correlate_within_mazes() -> None:
    real = np.array([0.0, 1.0, 2.0, 10.0, 11.0, 12.0])
    channels = pd.DataFrame({"agent": "mine", "level": [0, 0, 0, 1, 1, 1], "real": real,
                             "attributed": [0.0, 1.0, 2.0, 12.0, 11.0, 10.0]})  # fmt: skip
    figure = plot_channel_effects(channels)
    assert head(figure).endswith("with a correlation of 0.00")
    assert figure.axes[0].get_title() == "mine: r = 0.00"


def test_arms_are_compared_within_mazes() -> None:
    rows = [
        {"agent": "mine", "level": level, "channels": channels, "arm": arm,
         "before": 0.5, "after": 0.5 - level / 10 - (0.2 if arm == "c" and number == 0 else 0)}
        for level in range(4)
        for number, channels in enumerate(("found", "random"))
        for arm in "abc"
    ]  # fmt: skip
    figure = plot_arms(pd.DataFrame(rows), "after", "abc", "change", before="before")
    assert head(figure) == "'c' minus 'a': found −0.200 [−0.200, −0.200]; random +0.000 " \
        "[+0.000, +0.000]"  # fmt: skip
    mazes = [line for line in figure.axes[0].get_lines() if line.get_markersize() == 3]
    drawn = np.concatenate([line.get_xdata() for line in mazes])
    assert len(drawn) == 2 * 3 * 4
    assert (drawn.min(), drawn.max()) == (pytest.approx(-0.5), 0)
    assert figure.legends
    assert figure.axes[0].get_legend() is None


def channel_table() -> pd.DataFrame:
    return pd.DataFrame(
        {"agent": "mine", "channel": range(10), "follows": np.linspace(0, 1, 10), "mazes": 12,
         "evidence": np.arange(10), "share": np.arange(10) / 45, "found": np.arange(10) > 7}
    )  # fmt: skip


def test_channels_that_were_found_are_counted() -> None:
    figure = plot_channel_ranks(channel_table())
    assert head(figure) == "2 of 10 channels follow the cheese and matter: together 38% of the " \
        "evidence"  # fmt: skip
    assert note(figure) == "n = 12 mazes, agent mine"
    channel, row, col = (each.ravel() - [[0], [1], [1]][axis][0] for axis, each in
                         enumerate(np.indices((10, 3, 3))))  # fmt: skip
    pictures = pd.DataFrame(
        {
            "agent": "mine",
            "channel": channel,
            "row": row,
            "col": col,
            "change": np.where((row == 0) & (col == 0), channel - 8.5, 0),
        }
    )
    figure = plot_channel_pictures(pictures, channel_table())
    assert head(figure) == "Of 2 cheese channels 1 rise most at the cheese and 1 fall most"
    assert not any(patch.get_fill() for patch in figure.axes[0].patches)


def test_best_and_random_channels_are_compared() -> None:
    falls = {"whole": 0.4, "best 1": 0.1, "best 2": 0.3, "random 1": 0.0, "random 2": 0.05}
    effects = pd.DataFrame(
        [
            {"agent": "mine", "level": level, "edit": edit, "decision_cheese_before": 0.9,
             "decision_cheese_after": 0.9 - fall}
            for edit, fall in falls.items()
            for level in range(3)
        ]
    )  # fmt: skip
    figure = plot_by_number(effects, "whole")
    assert head(figure).endswith("by 0.30, as many random ones by 0.05, all by 0.40")


def test_what_probes_read_looks_the_same_in_every_panel() -> None:
    rows = [
        {"agent": agent, "target": target, "layer": layer, "probe": probe, "value": value,
         "low": value - 0.1, "high": value + 0.1}
        for agent in ("mine", "all agents")
        for target, probes in (("cheese", ("1", "2", "all")), ("move", ("10", "all")))
        for layer, base in (("early", 0.5), ("late", 0.7))
        for probe, value in zip(probes, (base - 0.2, base - 0.1, base), strict=False)
    ]  # fmt: skip
    usual = {"target": "move", "layer": "nothing", "probe": "most frequent", "value": 0.3}
    rows += [{"agent": agent, **usual, "low": 0.3, "high": 0.3} for agent in ("mine", "all agents")]
    table, layers = pd.DataFrame(rows), ("early", "late")
    figure = plot_by_layer(table, ("cheese", "move"), layers, "all", "Ten mazes")
    assert head(figure) == "Read best at: cheese, late (70%); move, late (60%)"
    figure = plot_probes_by_number(table, ("cheese", "move"), layers, "Ten mazes")
    assert head(figure) == "Points that 2 channels lose against all (cheese): early −10; late −10"
    looks = [
        {line.get_label(): line.get_color() for line in ax.get_lines()} for ax in figure.axes[:2]
    ]
    assert looks[0]["all"] == looks[1]["all"]
    assert all(ax.get_legend() is None for ax in figure.axes)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "1 channel", "2 channels", "10 numbers", "all", "most frequent"
    ]  # fmt: skip


def test_onsets_are_in_their_order() -> None:
    ax = plot_onsets(
        {"b": Estimate(20.0, 10.0, 30.0), "a": Estimate(5.0, 5.0, 5.0)}, note="Four mazes"
    )
    assert [text.get_text() for text in ax.get_yticklabels()] == ["a", "b"]
    assert head(ax.figure) == "Learned in this order: a; b"


def test_what_a_pixel_does_not_reach_stays_white() -> None:
    field = np.zeros((8, 8))
    field[2, 3] = 4.0
    figure = plot_pixel_changes({"x": field, "y": np.ones((4, 4))}, {"x": 9, "y": 99}, (16, 24))
    assert head(figure) == "One pixel changes 2% and 100% of the cells"
    shown = figure.axes[0].images[0].get_array()
    assert (~np.ma.getmaskarray(np.ma.masked_invalid(shown))).sum() == 1


def test_heads_that_agree_are_counted() -> None:
    table = pd.DataFrame(
        {"agent": "mine", "level": range(4), "policy_cheese": [0.9, 0.9, 0.1, 0.1],
         "policy_top_right": [0.1, 0.1, 0.9, 0.9], "value_cheese": [2.0, 1.0, 1.0, 1.0],
         "value_top_right": [1.0, 2.0, 2.0, 2.0]}
    )  # fmt: skip
    figure = plot_values_at_forks(table)
    assert head(figure).startswith("At 75% of the decision squares")
