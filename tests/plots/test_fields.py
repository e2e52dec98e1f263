"""Figures of vector fields: arrows stand on their squares, colours and axes say what they are."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.quiver import Quiver

from procgen_tools import vfield
from procgen_tools.plots.fields import ARROW_LENGTH, BAR_WIDTH, QUANTITIES
from procgen_tools.vfield import FieldDifference, VectorField, difference
from procgen_tools.worlds.maze.grid import MOVES, Maze, parse
from procgen_tools.worlds.maze.human_view import art

MAZE = parse("####.\n####.\n.....\n.#.#.\nM#C#.", background=2)
MARKS = ["top-right corner", "mouse", "cheese", "decision square"]
ARROW = "mean move (whole square: certain)"


def random_field(maze: Maze, seed: int) -> VectorField:
    rng = np.random.default_rng(seed)
    squares = len(maze.open_squares())
    moves = rng.dirichlet(np.ones(5), (2, squares))
    return VectorField(maze, moves[0], rng.normal(size=squares), moves[1])


@pytest.fixture(autouse=True)
def quiet_and_clean() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    plt.close("all")


def arrows_of(ax: Axes) -> Quiver:
    (arrows,) = (part for part in ax.collections if isinstance(part, Quiver))
    return arrows


def legend_of(owner: Axes | plt.Figure) -> list[str]:
    legend = owner.get_legend() if isinstance(owner, Axes) else owner.legends[0]
    return [text.get_text() for text in legend.get_texts()]


def test_a_field_has_its_mean_move_at_every_square() -> None:
    field = random_field(MAZE, 0)
    ax = vfield.plot_vf(field, title="a field")
    arrows = arrows_of(ax)
    goes_on = [square != MAZE.cheese for square in field.squares]
    assert arrows.XY.tolist() == [[col, row] for row, col in np.array(field.squares)[goes_on]]
    assert len(arrows.XY) == len(field.squares) - 1
    assert np.allclose(np.stack([arrows.U, arrows.V], axis=1), field.arrows[goes_on])
    assert arrows.scale == 1 / ARROW_LENGTH
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("column", "row", "a field")
    assert ax.get_xlim() == ax.get_ylim() == (-0.5, 4.5)
    assert sorted(legend_of(ax)) == sorted([*MARKS, "single moves", ARROW])
    ax.figure.canvas.draw()


def bars_of(ax: Axes) -> list[PolyCollection]:
    return [part for part in ax.collections if part.get_label() == "single moves"]


def test_single_moves_reach_as_far_as_they_are_likely() -> None:
    field = random_field(replace(MAZE, cheese=None), 0)
    ax = vfield.plot_vf(field)
    (bars,) = bars_of(ax)
    corners = np.array([path.vertices[:4] for path in bars.get_paths()])
    corners = corners.reshape(len(field.squares), 5, 4, 2)
    starts, ends = corners[:, :, [0, 3]].mean(axis=2), corners[:, :, [1, 2]].mean(axis=2)
    middles = np.array(field.squares)[:, ::-1]
    assert np.allclose(starts, middles[:, None])
    reach = (ends - starts) / (ARROW_LENGTH / 2)
    assert np.allclose(np.abs(reach).sum(axis=2)[:, :4], field.probabilities[:, :4])
    assert np.allclose(reach.sum(axis=1), field.arrows)
    widths = np.linalg.norm(corners[:, :, 1] - corners[:, :, 2], axis=2)
    assert np.allclose(widths[:, :4], BAR_WIDTH)
    plain = vfield.plot_vf(field, single_moves=False)
    assert not bars_of(plain)
    assert "single moves" not in legend_of(plain)


def test_single_moves_are_wider_than_the_arrow_on_them() -> None:
    ax = vfield.plot_vf(random_field(MAZE, 0))
    arrows = arrows_of(ax)
    assert 2 * arrows.width < BAR_WIDTH
    assert bars_of(ax)[0].get_zorder() < arrows.get_zorder()


def test_panels_of_a_grid_have_no_legends_that_collide() -> None:
    _, axes = plt.subplots(2, 2)
    field = random_field(MAZE, 0)
    assert vfield.plot_vf(field, axes[0, 0]).get_legend() is None
    assert vfield.plot_heat_map(field, ax=axes[0, 1]).get_legend() is None
    assert vfield.plot_vf(field, axes[1, 0], legend=True).get_legend() is not None
    assert vfield.plot_vf(field, legend=False).get_legend() is None
    assert vfield.plot_heat_map(field, legend=False).get_legend() is None


def test_given_axes_are_drawn_on() -> None:
    _, axes = plt.subplots(1, 2)
    assert vfield.plot_vf(random_field(MAZE, 0), axes[0]) is axes[0]
    assert vfield.plot_heat_map(random_field(MAZE, 0), ax=axes[1]) is axes[1]


def test_fields_stand_beside_their_difference() -> None:
    before, after = random_field(MAZE, 0), random_field(replace(MAZE, cheese=None), 1)
    figure = vfield.plot_vfs(before, after, titles=("one", "two", "change"))
    panels, bar = figure.axes[:3], figure.axes[3]
    change = difference(before, after)
    for ax, title, shown in zip(
        panels, ("one", "two", "change"), (before, after, change), strict=True
    ):
        assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("column", "row", title)
        arrows = arrows_of(ax)
        squares = before.squares if shown is before else after.squares
        maze = before.maze if shown is before else after.maze
        goes_on = [square != maze.cheese for square in squares]
        assert np.allclose(np.stack([arrows.U, arrows.V], axis=1), shown.arrows[goes_on])
        assert ax.get_legend() is None
    assert bar.get_ylabel() == "total variation"
    image = panels[2].images[-1]
    assert np.allclose(image.get_array()[~MAZE.walls], change.total_variation)
    assert image.get_array().mask.tolist() == MAZE.walls.tolist()
    assert image.get_clim() == (0, change.total_variation.max())
    assert legend_of(figure) == [*MARKS, "single moves", ARROW]
    figure.canvas.draw()


def test_a_mark_has_one_colour_with_and_without_cheese() -> None:
    colours = []
    for maze in (MAZE, replace(MAZE, cheese=None)):
        ax = vfield.plot_vf(random_field(maze, 0))
        found = zip(*ax.get_legend_handles_labels(), strict=True)
        colours.append({name: mark.get_edgecolor() for mark, name in found if name in MARKS})
    assert list(colours[1]) == MARKS[:2]
    assert colours[1].items() < colours[0].items()


@pytest.mark.parametrize("what", QUANTITIES[VectorField])
def test_heat_maps_of_a_field(what: str) -> None:
    field = random_field(MAZE, 0)
    ax = vfield.plot_heat_map(field, what, title="heat")
    image = ax.images[-1]
    moves = dict(zip(MOVES, field.probabilities.T, strict=True))
    expected = {"value": field.values, "facing": field.facing_variation, **moves}[what]
    assert np.allclose(image.get_array()[~MAZE.walls], expected)
    assert image.origin == "lower"
    label = {"value": "value", "facing": "total variation between facings"}.get(what, f"P({what})")
    assert image.colorbar.ax.get_ylabel() == label
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("column", "row", "heat")
    assert legend_of(ax) == MARKS
    if what in moves:
        assert image.get_clim() == (0, 1)


@pytest.mark.parametrize("what", QUANTITIES[FieldDifference])
def test_heat_maps_of_a_difference(what: str) -> None:
    change = difference(random_field(MAZE, 0), random_field(MAZE, 1))
    image = vfield.plot_heat_map(change, what).images[-1]
    moves = dict(zip(MOVES, change.probabilities.T, strict=True))
    expected = {
        "value": change.values,
        "total variation": change.total_variation,
        "arrow length": change.lengths,
        **moves,
    }[what]
    assert np.allclose(image.get_array()[~MAZE.walls], expected)
    low, high = image.get_clim()
    assert high == np.abs(expected).max()
    assert low == (0 if what in ("total variation", "arrow length") else -high)


def test_rounding_looks_like_no_difference() -> None:
    field = random_field(MAZE, 0)
    near = replace(field, values=field.values + 1e-7)
    figure = vfield.plot_vfs(field, near)
    assert figure.axes[2].images[-1].get_clim() == (0, 0.02)
    change = difference(field, near)
    assert vfield.plot_heat_map(change, "value").images[-1].get_clim() == (-0.02, 0.02)
    flat = replace(field, values=np.zeros(len(field.squares)))
    assert vfield.plot_heat_map(flat).images[-1].get_clim() == (0, 0.02)


def test_colour_scales_can_be_fixed() -> None:
    field, other = random_field(MAZE, 0), random_field(MAZE, 1)
    assert vfield.plot_vfs(field, other, limit=0.5).axes[2].images[-1].get_clim() == (0, 0.5)
    ax = vfield.plot_heat_map(field, limits=(-3, 7))
    assert ax.images[-1].get_clim() == (-3, 7)


def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made() -> None:
    field = random_field(MAZE, 0)
    with pytest.raises(ValueError, match=r"VectorField has no 'lengths': .*'value', 'LEFT'"):
        vfield.plot_heat_map(field, "lengths")
    with pytest.raises(ValueError, match=r"FieldDifference has no 'facing': .*'total variation'"):
        vfield.plot_heat_map(difference(field, field), "facing")
    with pytest.raises(ValueError, match=r"both_facings=True"):
        vfield.plot_heat_map(replace(field, flipped_probabilities=None), "facing")
    with pytest.raises(ValueError, match=r"limits \(1, 1\) do not increase"):
        vfield.plot_heat_map(field, limits=(1, 1))
    with pytest.raises(ValueError, match=r"limit 2 is not in \(0, 1\]"):
        vfield.plot_vfs(field, field, limit=2)
    with pytest.raises(ValueError, match=r"different walls"):
        vfield.plot_vfs(field, random_field(parse("..\n.."), 0))
    assert not plt.get_fignums()


def test_further_squares_are_marked_in_every_panel() -> None:
    field = random_field(MAZE, 0)
    figure = vfield.plot_vfs(field, field, marks={"target": (2, 1)})
    for ax in figure.axes[:3]:
        (ring,) = (patch for patch in ax.patches if patch.get_label() == "target")
        assert ring.get_xy() == (0.5, 1.5)
    assert "target" in legend_of(figure)
    assert "target" in legend_of(vfield.plot_vf(field, marks={"target": (2, 1)}))
    with pytest.raises(ValueError, match=r"target cannot be at \(9, 9\)"):
        vfield.plot_vf(field, marks={"target": (9, 9)})


@pytest.mark.parametrize("mirrored", [False, True])
def test_no_arrow_hides_the_mouse(mirrored: bool) -> None:
    level = replace(MAZE, mouse_mirrored=mirrored)
    figure = vfield.plot_vfs(random_field(level, 0), random_field(level, 1))
    for ax in figure.axes[:2]:
        drawn = ax.images[-1]
        assert drawn.zorder > arrows_of(ax).zorder
        row, col = level.mouse
        assert drawn.get_extent() == [col - 0.5, col + 0.5, row - 0.5, row + 0.5]
        assert ax.get_xlim() == ax.get_ylim() == (-0.5, 4.5)
        art_seen = np.asarray(drawn.get_array())
        assert (art_seen[:, ::-1] if mirrored else art_seen).tobytes() == art("mouse").tobytes()
