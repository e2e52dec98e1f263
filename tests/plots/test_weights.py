"""Figures of weights: panels show the weights, and bars add up to the number."""

from __future__ import annotations

import pytest
import torch

from procgen_tools.interventions.weights import spatial_weights
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.weights import plot_spatial_weights


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=2)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return policy.eval()


def test_the_figure_of_weights(policy: ImpalaPolicy) -> None:
    weights = spatial_weights(policy)
    figure = plot_spatial_weights(weights, 3, channels=[2, 9])
    images = [ax.images[0] for ax in figure.axes if ax.images and ax.get_title()]
    assert len(images) == 2
    assert (images[1].get_array() == weights.values[3, 9].numpy()).all()
    assert images[0].get_clim() == images[1].get_clim()
    assert len([ax for ax in plot_spatial_weights(weights, 3).axes if ax.get_title()]) == 16
    for unit, channels, message in ((256, None, "no unit 256"), (0, [32], "no channel 32")):
        with pytest.raises(ValueError, match=message):
            plot_spatial_weights(weights, unit, channels)
