"""Looks: told apart by readers with any colour vision, and the same thing in every figure."""

from __future__ import annotations

import inspect
from importlib import import_module
from itertools import combinations
from pkgutil import walk_packages

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from procgen_tools import plots, studies
from procgen_tools.plots import style
from procgen_tools.statistics.intervals import Estimate

# Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color
# Vision Deficiency", severity 1.
VISION = {
    "trichromat": np.eye(3),
    "protanope": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranope": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanope": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, vision: str) -> np.ndarray:
    """CIE L*a*b* of what such an eye sees of a colour."""
    encoded = np.array(to_rgb(colour))
    linear = np.where(encoded > 0.04045, ((encoded + 0.055) / 1.055) ** 2.4, encoded / 12.92)
    seen = np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    x, y, z = np.cbrt(TO_XYZ @ seen / TO_XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(
    "colours",
    [
        [*(look.colour for look in style.SQUARES.values()), style.SINGLE_MOVES, style.INK],
        [look.colour for look in style.GOALS.values()],
        [look.colour for look in style.AGENTS.values()],
        [look.colour for look in style.SERIES],
    ],
    ids=["marks of squares", "goals", "agents", "series"],
)
def test_colours_of_one_figure_are_told_apart(colours: list[str], vision: str) -> None:
    seen = [lab(colour, vision) for colour in colours]
    nearest = min(np.linalg.norm(one - other) for one, other in combinations(seen, 2))
    assert nearest > 10


@pytest.mark.parametrize("looks", [style.SQUARES, style.GOALS, style.AGENTS])
def test_markers_alone_tell_things_apart(looks: dict[str, style.Look]) -> None:
    markers = [look.marker for look in looks.values()]
    assert len(set(markers)) == len(markers)
    assert len({look.marker for look in style.SERIES}) == len(style.SERIES)


def test_things_and_agents_share_no_colour() -> None:
    things = {look.colour for look in (*style.SQUARES.values(), *style.GOALS.values())}
    agents = {style.agent_look(name, number).colour for number, name in enumerate("abc")}
    agents |= {look.colour for look in style.AGENTS.values()}
    assert not things & agents
    assert len(agents) == len(style.AGENTS) + 3


def test_many_agents_and_series_look_different() -> None:
    looks = [style.agent_look("mine", number) for number in range(20)]
    assert len(set(looks)) == len(looks)
    assert not set(looks) & {*style.AGENTS.values()}
    series = [style.series_look(number) for number in range(40)]
    assert len(set(series)) == len(series)
    assert series[: len(style.SERIES)] == list(style.SERIES)
    assert {look.colour for look in series} <= set(style.look_colours())


def test_axes_are_never_required() -> None:
    """Whatever takes `ax` makes axes of its own without, and returns them."""
    found = 0
    rooms = [
        *walk_packages(plots.__path__, "procgen_tools.plots."),
        *walk_packages(studies.__path__, "procgen_tools.studies."),
    ]
    for module in rooms:
        for name, function in inspect.getmembers(import_module(module.name), inspect.isfunction):
            if name.startswith("plot_") and function.__module__ == module.name:
                signature = inspect.signature(function)
                parameter = signature.parameters.get("ax")
                if parameter is not None:
                    assert parameter.default is None, name
                assert signature.return_annotation == ("Figure" if parameter is None else "Axes")
                found += 1
    assert found > 30


def test_figures_are_in_pyplot_until_set_aside() -> None:
    figure = plt.figure()
    kept = style.set_aside({"one": figure})
    assert kept == {"one": figure}
    assert not plt.get_fignums()


def test_a_headline_and_its_note_are_above_the_panels() -> None:
    figure, ax = plt.subplots(layout="constrained")
    style.headline(figure, "It falls", "n = 3 mazes")
    figure.canvas.draw()
    (note,) = figure.artists
    title = figure.texts[0]
    assert (title.get_text(), note.get_text()) == ("It falls\n", "n = 3 mazes")
    above, below = title.get_window_extent(), note.get_window_extent()
    assert ax.get_window_extent().y1 < below.y0
    assert below.y1 <= (above.y0 + above.y1) / 2 + 1


def test_headlines_fit_into_their_figure() -> None:
    figure, ax = plt.subplots(figsize=(4, 3), layout="constrained")
    style.headline(figure, "It falls in nearly all of them " * 3, "n = 3 mazes, " * 12)
    figure.canvas.draw()
    (note,) = figure.artists
    for text in (figure.texts[0], note):
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert "\n" in text.get_text().strip()
    assert ax.get_window_extent().y1 < note.get_window_extent().y0
    plt.close(figure)


def test_mazes_are_counted_once() -> None:
    rows = pd.DataFrame({"agent": ["a", "a", "b", "b"], "level": [0, 1, 0, 1]})
    assert style.count_mazes(rows) == style.count_mazes(rows[["level"]]) == "n = 2 mazes"
    assert style.count_mazes(rows.head(3)) == "n = 1 to 2 mazes"


def test_bands_and_intervals_are_those_of_the_means() -> None:
    _, ax = plt.subplots()
    style.draw_band(
        ax, [0, 1], [Estimate(0.5, 0.4, 0.7), Estimate(0.2, 0.1, 0.3)], style.CORNER, "one"
    )
    corners = ax.collections[0].get_paths()[0].vertices
    assert {tuple(each) for each in corners} >= {(0, 0.4), (0, 0.7), (1, 0.1), (1, 0.3)}
    assert ax.get_lines()[0].get_ydata().tolist() == [0.5, 0.2]
    two, three = [Estimate(0.5, 0.0, 1.0), Estimate(0.2, 0.1, 0.4)], [Estimate.exact(0.3)] * 2
    series = {"two": (style.CORNER, two), "three": (style.CHEESE, three)}
    for upright in (False, True):
        _, ax = plt.subplots()
        style.draw_estimates(ax, series, ["first", "second"], step=0.4, upright=upright)
        bars = [segment for each in ax.collections for segment in each.get_segments()]
        dots = np.concatenate([line.get_xydata() for line in ax.get_lines()])
        if upright:
            bars, dots = [bar[:, ::-1] for bar in bars], dots[:, ::-1]
        assert np.allclose(bars[0], [[0.0, -0.2], [1.0, -0.2]])
        assert np.allclose(bars[1], [[0.1, 0.8], [0.4, 0.8]])
        assert np.allclose(dots, [[0.5, -0.2], [0.2, 0.8], [0.3, 0.2], [0.3, 1.2]])
        assert ax.get_legend_handles_labels()[1] == ["two", "three"]


def test_agents_have_panels_of_their_own() -> None:
    table = pd.DataFrame({"agent": ["b", "a", "b"], "x": [1, 2, 3]})
    figure, panels = style.agent_panels(table, least=10.0)
    assert [(agent, rows["x"].tolist()) for _, agent, rows in panels] == [("b", [1, 3]), ("a", [2])]
    assert [ax.get_title() for ax in figure.axes] == ["b", "a"]
    assert figure.get_figwidth() == 10.0
    for ax, agent, _ in panels:
        ax.plot([0, 1], label="both")
        ax.plot([1, 0], label=agent)
    style.legend_below(figure)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["both", "b", "a"]


def test_panels_fill_rows_and_spare_ones_are_empty() -> None:
    figure, axes = style.panel_grid(5, 3, (2, 1.5), (0.5, 1.0), titles="abcde", framed=True)
    assert figure.get_size_inches().tolist() == [6.5, 4.0]
    assert [ax.get_title() for ax in axes] == list("abcde")
    assert [ax.axison for ax in figure.axes] == [True] * 5 + [False]
    assert axes[0].spines["top"].get_visible()
    narrow, (ax,) = style.panel_grid(1, 3, (2, 1.5), (0.5, 1.0), least=4)
    assert narrow.get_size_inches().tolist() == [4.5, 2.5]
    assert not ax.spines["top"].get_visible()


def test_a_headline_may_bring_the_legend() -> None:
    figure, ((ax,),) = style.panels(1, 1, (3, 3))
    for label in "cab":
        ax.plot([0], [1], label=label)
    style.headline(figure, "finding", legend=2)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list("cab")
    figure.legends.clear()
    style.legend_below(figure, order=str)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list("abc")


def test_agents_and_numbers_in_words() -> None:
    one = pd.DataFrame({"agent": ["mine"], "level": [0]})
    assert (style.who(one), style.who(pd.concat([one, one.assign(agent="yours")]))) == (
        "agent mine",
        "2 agents",
    )
    assert style.some(1, "pair") == "1 pair"
