"""Figures of decisions: every maze is counted once, before and after."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from procgen_tools import maze
from procgen_tools.interventions import Scale
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.decisions import KINDS, plot_decision_shifts
from procgen_tools.statistics.decision_shifts import decision_shifts

LAYER = "embedder.block2.res1.resadd"

LEVELS = [
    *(maze.make_level(seed) for seed in maze.find_seeds(4, size=7, has_decision_square=True)),
    maze.remove_cheese(maze.make_level(0)),
]


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=1).eval()
    with torch.no_grad():
        policy.fc_policy.weight *= 50
    return policy


@pytest.mark.parametrize("kind", KINDS)
def test_figures_say_how_many_mazes(policy: ImpalaPolicy, kind: str) -> None:
    shifts = decision_shifts(policy, LEVELS, Scale(LAYER, 0.5))
    figure = plot_decision_shifts(shifts, kind)
    words = " ".join(text.get_text() for text in figure.findobj(lambda it: hasattr(it, "get_text")))
    assert f"n = {len(shifts.mazes)} mazes" in words
    if kind == "scatter":
        dots = figure.axes[1].collections[0].get_offsets()
        assert np.array_equal(dots, np.stack([shifts.before[:, 1], shifts.after[:, 1]], axis=1))
    if kind == "histogram":
        assert sum(patch.get_height() for patch in figure.axes[0].containers[-1]) == len(
            shifts.mazes
        )
    with pytest.raises(ValueError, match="no figure of kind 'violin'"):
        plot_decision_shifts(shifts, "violin")
