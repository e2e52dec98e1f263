"""Activations as JSON: the edges of cells and pixels are those of the figures."""

from __future__ import annotations

import json

import numpy as np
import pytest

from procgen_tools import maze
from procgen_tools.interventions import ClampCell
from procgen_tools.models import ImpalaPolicy
from procgen_tools.web.activation_panels import edges_of, figure_of, panel_of, span_of
from procgen_tools.web.activations import (
    THIS,
    ActivationPicture,
    ActivationReader,
    Choice,
    SeenBox,
)

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
LAYER = "embedder.block2.res1.resadd_out"


def picture(choice: Choice) -> ActivationPicture:
    *_, last = ActivationReader(POLICY).steps(choice)
    assert last is not None
    return last


def test_everything_that_is_known() -> None:
    clamps = (
        ClampCell(LAYER, 9.0, (7, 8), channels=[5]),
        ClampCell("embedder.block1.conv_out", 1.0, (7, 8), channels=[5]),
    )
    other = maze.remove_cheese(LEVEL)
    panel = panel_of(picture(Choice(LEVEL, LAYER, 5, (7, 8), other, clamps)), 32)
    json.dumps(panel, allow_nan=False)
    assert panel["title"] == "Channel 5 of 32 of block2.res1.resadd_out"
    shown = [(each["name"], each["scene"]) for each in panel["maps"]]
    assert shown == [
        ("this maze", 0), ("other maze", 1), ("difference", 0), ("change by the clamps", 0),
    ]  # fmt: skip
    low, high = panel["scale"]["limits"]
    assert low == -high
    assert panel["clamped"] == [[7, 8]]
    assert panel["value"] == 9.0
    assert [box["name"] for box in panel["seen"]["boxes"]] == [
        "90% of the gradient",
        "what the kernels allow",
    ]
    assert panel["squares"] is None


def test_a_unit_is_shown_by_squares() -> None:
    panel = panel_of(picture(Choice(LEVEL, "embedder.fc", 3)), 256)
    assert panel["edges"] is None
    assert len(panel["squares"][0]) == len(panel["maps"][0]["numbers"])
    assert panel["seen"]["boxes"] == []


def test_pixels_of_a_square_are_at_the_square() -> None:
    """The frame's picture of one square covers that square, within a pixel."""
    bright = maze.parse("..C\n.##\nM..", background=None)
    (row, col) = (2, 2)
    pixel = 64 / bright.world_size
    top = (bright.world_size - 1 - bright.padding - row) * pixel
    left = (bright.padding + col) * pixel
    box = SeenBox((round(top), round(left)), (round(top + pixel) - 1, round(left + pixel) - 1))
    edges = edges_of(bright, box)
    assert edges == pytest.approx((col - 0.5, col + 0.5, row - 0.5, row + 0.5), abs=0.4)


@pytest.mark.parametrize(("largest", "span"), [(0.0, 2.0), (0.3, 1.0), (0.9, 2.0), (40.0, 100.0)])
def test_the_slider_reaches_twice_as_far_in_round_numbers(largest: float, span: float) -> None:
    assert span_of(ActivationPicture(Choice(LEVEL, LAYER), {THIS: np.array([[largest]])})) == span


@pytest.mark.parametrize("layer", [LAYER, "embedder.fc"])
def test_the_figure_says_what_is_furthest(layer: str) -> None:
    shown = picture(Choice(LEVEL, layer, 3))
    figure = figure_of(shown, 32)
    said = figure.get_suptitle()
    assert f"{shown.furthest(THIS):+.2f}".replace("-", "−") in said
    assert figure.axes[0].images[0].get_clim() == (-shown.limit, shown.limit)
