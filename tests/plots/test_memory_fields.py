"""Figures of fields for a memory: what is drawn is what the field has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.collections import PolyCollection
from matplotlib.quiver import Quiver

from procgen_tools import keys_and_chests
from procgen_tools.episodes.memories import Moment
from procgen_tools.episodes.memory_fields import MemoryField, memory_field
from procgen_tools.models import CnnLstmPolicy
from procgen_tools.plots.memory_fields import plot_memory_field, plot_memory_fields


@pytest.fixture(scope="module")
def field() -> MemoryField:
    level = keys_and_chests.make_level(3, keys_and_chests.VARIANTS["test"])
    moment = Moment(keys_and_chests.beginning([level]), torch.zeros(1, 256))
    return memory_field(CnnLstmPolicy("small").eval(), moment)


def test_arrows_and_bars_are_those_of_the_field(field: MemoryField) -> None:
    right = np.tile([0.0, 0.0, 1.0, 0.0], (len(field.squares), 1))
    ax = plot_memory_field(replace(field, probabilities=right), title="to the right")
    (quiver,) = [each for each in ax.collections if isinstance(each, Quiver)]
    assert pytest.approx(1) == quiver.U
    assert pytest.approx(0) == quiver.V
    assert np.array_equal(quiver.XY[:, ::-1], field.squares)
    (bars,) = [each for each in ax.collections if type(each) is PolyCollection]
    corners = bars.get_paths()[2].vertices  # the bar to the right of the first square
    assert corners[:, 0].max() == pytest.approx(field.squares[0, 1] + 0.45)
    assert ax.get_title() == "to the right"
    assert ax.yaxis_inverted()


def test_differences_are_shown(field: MemoryField) -> None:
    down = replace(field, probabilities=np.tile([1.0, 0, 0, 0], (len(field.squares), 1)))
    figure = plot_memory_fields({"before": field, "after": down})
    assert [ax.get_title() for ax in figure.axes[:3]] == ["before", "after", "difference"]
    shown = figure.axes[2].images[-1].get_array()
    assert shown is not None
    assert shown[tuple(field.squares[0])] == pytest.approx(field.total_variation(down)[0])


def test_two_fields_are_needed(field: MemoryField) -> None:
    with pytest.raises(ValueError, match="there are 1 fields"):
        plot_memory_fields({"alone": field})
