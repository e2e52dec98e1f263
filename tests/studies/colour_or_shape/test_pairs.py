"""The published pairs."""

from __future__ import annotations

from procgen_tools.studies.colour_or_shape.pairs import BLACK_PAIRS, NEAREST, TEXTURED_PAIRS
from procgen_tools.worlds.two_objects.objects import PURE


def test_there_are_fifteen_pairs_of_pure_objects() -> None:
    assert len(BLACK_PAIRS) == len(set(BLACK_PAIRS)) == 15
    assert {name for pair in BLACK_PAIRS for name in pair} <= set(PURE)
    assert len(TEXTURED_PAIRS) == 14
    assert NEAREST[0] < 0.5 < NEAREST[1]
