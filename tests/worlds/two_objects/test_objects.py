"""The objects: the measured geometry of the study's pictures."""

from __future__ import annotations

import numpy as np
import pytest

from procgen_tools.worlds.maze.agent_view import pixel_tables
from procgen_tools.worlds.two_objects.objects import (
    CHEESE_OBJECT,
    COLOURS,
    INVISIBLE,
    OBJECTS,
    PURE,
    SHADED,
    check_object,
    picture,
    shape_mask,
    sprite,
)


def test_the_line_is_a_band_along_the_diagonal() -> None:
    line = shape_mask("line")
    assert line.sum() == 3411
    assert np.array_equal(line, line.T)
    widths = line[20:100].sum(axis=1)
    assert (widths == 29).all()
    assert not line[0, :10].any()
    assert line[0, 10]


def test_the_gem_is_as_measured() -> None:
    gem = shape_mask("gem")
    rows, cols = np.nonzero(gem)
    assert gem.sum() == 2394
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (40, 87, 29, 98)
    assert np.array_equal(gem, gem[:, ::-1])
    assert [int(gem[row].sum()) for row in (40, 60, 87)] == [44, 70, 6]


@pytest.mark.parametrize("name", [name for name in PURE if name != INVISIBLE])
def test_pure_objects_have_one_colour(name: str) -> None:
    colour, shape = name.split("_")
    drawn = picture(name)
    assert np.array_equal(drawn[..., 3], np.where(shape_mask(shape), 255, 0))
    assert (drawn[shape_mask(shape)][:, :3] == COLOURS[colour]).all()
    assert set(COLOURS[colour]) <= {0, 255}


def test_the_invisible_object_is() -> None:
    assert not picture(INVISIBLE).any()
    assert not sprite(INVISIBLE, 5).pixels.any()


def test_shaded_gems_have_the_shape_of_the_pure_gem() -> None:
    for name in ("shaded_yellow_gem", "shaded_red_gem"):
        assert np.array_equal(picture(name)[..., 3] > 0, shape_mask("gem"))
    assert len(np.unique(picture("shaded_yellow_gem").reshape(-1, 4), axis=0)) > 10
    assert set(map(tuple, picture("shaded_yellow_line").reshape(-1, 4))) == {
        (255, 216, 0, 255),
        (0, 0, 0, 0),
    }


def test_pictures_are_shared_and_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        picture("red_gem")[0, 0] = 1


def test_the_cheese_is_that_of_the_maze() -> None:
    assert sprite(CHEESE_OBJECT, 15) is pixel_tables(15).cheese
    with pytest.raises(ValueError, match="the cheese has no picture"):
        picture(CHEESE_OBJECT)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_shows_at_every_square_of_a_small_world(name: str) -> None:
    pixels = sprite(name, 5).pixels[..., 3] > 0
    assert pixels.any(axis=(2, 3)).all() == (name != INVISIBLE)
    assert name in SHADED or name in PURE or name == CHEESE_OBJECT


def test_unknown_objects_are_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no object 'yelow_line'.*yellow_line.*COLOUR_gem.*cyan"):
        check_object("yelow_line")
    with pytest.raises(ValueError, match="no shape 'ball': choose one of line, gem"):
        shape_mask("ball")


@pytest.mark.usefixtures("unchecked")
def test_an_object_is_a_name() -> None:
    with pytest.raises(TypeError, match="the object is 3: give a name"):
        check_object(3)  # type: ignore[arg-type]
