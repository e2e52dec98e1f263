"""Pictures of activations: the numbers of the policy, of each maze, with and without clamps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from procgen_tools import hooks, maze, two_objects
from procgen_tools.interventions import ClampCell, activations_of
from procgen_tools.interventions.seen_pixels import theoretical_extents
from procgen_tools.models import ImpalaPolicy
from procgen_tools.vfield import square_observations
from procgen_tools.web.activations import (
    CHANGE,
    COMPARED,
    DIFFERENCE,
    SHARE,
    THIS,
    ActivationPicture,
    ActivationReader,
    Choice,
    SeenBox,
)

POLICY = ImpalaPolicy(seed=0).eval()
LEVEL = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
LAYER = "embedder.block2.res1.resadd_out"
FC = "embedder.fc_out"


def last(choice: Choice, reader: ActivationReader | None = None) -> ActivationPicture:
    *_, picture = (reader or ActivationReader(POLICY)).steps(choice)
    assert picture is not None
    return picture


def test_two_mazes_and_their_difference() -> None:
    other = maze.remove_cheese(LEVEL)
    picture = last(Choice(LEVEL, LAYER, 5, other=other))
    seen = activations_of(POLICY, [LEVEL, other], LAYER)[:, 5].numpy()
    assert list(picture.maps) == [THIS, COMPARED, DIFFERENCE]
    for name, expected in zip(picture.maps, (*seen, seen[0] - seen[1]), strict=True):
        np.testing.assert_allclose(picture.maps[name], expected, atol=1e-5)
    assert picture.limit == pytest.approx(np.abs(seen).max(), abs=1e-5)


@pytest.mark.parametrize(
    ("other", "layer", "is_there"),
    [
        (maze.make_level(0), LAYER, False),  # another size
        (maze.toggle_square(LEVEL, (3, 1)), LAYER, True),
        (maze.toggle_square(LEVEL, (3, 1)), FC, False),  # other squares
        (maze.remove_cheese(LEVEL), FC, True),
    ],
)
def test_a_difference_needs_the_same_places(other: maze.Maze, layer: str, is_there: bool) -> None:
    assert (DIFFERENCE in last(Choice(LEVEL, layer, other=other)).maps) == is_there


def test_a_unit_has_one_number_per_square_of_the_mouse() -> None:
    moved = replace(LEVEL, mouse=maze.Square(2, 2))
    picture = last(Choice(moved, FC, 9))
    with torch.no_grad(), hooks.record(POLICY, [FC]) as recorded:
        POLICY(square_observations(POLICY, LEVEL))
    expected = recorded[FC][:, 9].numpy()
    np.testing.assert_allclose(picture.maps[THIS], expected, atol=1e-5)
    assert not picture.has_positions
    assert picture.value == pytest.approx(
        float(expected[LEVEL.open_squares().index((2, 2))]), abs=1e-5
    )


def test_clamps_are_seen_here_and_later() -> None:
    clamp = ClampCell(LAYER, 9.0, (7, 8), channels=[5])
    here = last(Choice(LEVEL, LAYER, 5, (7, 8), clamps=(clamp,)))
    assert here.value == 9.0
    assert here.clamped == ((7, 8),)
    assert list(here.maps) == [THIS]  # nothing but the cell changes in its own layer
    assert here.limit < 9.0  # the clamped cell does not pale all others
    assert last(Choice(LEVEL, LAYER, 6, clamps=(clamp,))).clamped == ()
    later = last(Choice(LEVEL, "embedder.block2.res2.resadd", 5, clamps=(clamp,)))
    assert np.abs(later.maps[CHANGE]).max() > 0.1
    earlier = last(Choice(LEVEL, "embedder.block1.conv", 5, clamps=(clamp,)))
    assert np.abs(earlier.maps[CHANGE]).max() < 1e-6


def test_pixels_that_feed_a_cell() -> None:
    picture = last(Choice(LEVEL, LAYER, 5, (7, 8)))
    assert picture.seen is not None
    assert picture.most is not None
    assert picture.possible is not None
    side = theoretical_extents(POLICY)[LAYER].side
    assert np.subtract(picture.possible.last, picture.possible.first).tolist() == [side - 1] * 2
    (top, left), (bottom, right) = picture.possible.first, picture.possible.last
    inside = picture.seen[top : bottom + 1, left : right + 1]
    assert inside.sum() == pytest.approx(picture.seen.sum())
    (top, left), (bottom, right) = picture.most.first, picture.most.last
    share = picture.seen[top : bottom + 1, left : right + 1].sum() / picture.seen.sum()
    assert SHARE <= share < 1
    assert last(Choice(LEVEL, LAYER, 5)).seen is None
    unit = last(Choice(LEVEL, FC, 5))
    assert unit.seen is not None
    assert unit.most is None


def test_another_channel_costs_no_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ActivationReader(POLICY)
    last(Choice(LEVEL, LAYER, 5), reader)
    last(Choice(LEVEL, FC, 5), reader)
    passes = []
    ask = POLICY.logits_and_value
    monkeypatch.setattr(POLICY, "logits_and_value", lambda obs: passes.append(len(obs)) or ask(obs))
    last(Choice(LEVEL, FC, 6), reader)
    assert passes == [1]  # only for the pixels
    last(Choice(replace(LEVEL, mouse=maze.Square(2, 2)), FC, 6), reader)
    assert passes == [1, 1]  # the same squares
    last(Choice(LEVEL, LAYER, 6), reader)
    assert passes == [1, 1, 1]  # forgotten


def test_levels_of_two_objects() -> None:
    level = two_objects.make_level(0)
    picture = last(Choice(level, LAYER, 3))
    seen = activations_of(POLICY, [level], LAYER)[0, 3].numpy()
    np.testing.assert_allclose(picture.maps[THIS], seen, atol=1e-5)


def test_a_box_ends_at_the_edge_of_the_frame() -> None:
    assert SeenBox.around((1, 30), 7) == SeenBox((0, 27), (4, 33))
    assert SeenBox.around((63, 63), 3) == SeenBox((62, 62), (63, 63))
