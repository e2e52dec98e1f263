"""Weights over space and contributions: they sum to what the network computes."""

from __future__ import annotations

import pytest
import torch
from matplotlib import pyplot as plt

from procgen_tools import hooks, maze
from procgen_tools.interventions import activations_of
from procgen_tools.interventions.weights import contributions, spatial_weights
from procgen_tools.models import ImpalaPolicy, NaturePolicy, adapt
from procgen_tools.plots.weights import plot_contributions

LEVEL = maze.make_level(3)


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    policy = ImpalaPolicy(seed=2)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return policy.eval()


def test_spatial_weights_compute_the_layer(policy: ImpalaPolicy) -> None:
    weights = spatial_weights(policy)
    assert weights.source == "embedder.relu3_out"
    source = activations_of(policy, LEVEL, weights.source)[0]
    units = torch.einsum("uchw,chw->u", weights.values, source) + weights.bias
    expected = activations_of(policy, LEVEL, weights.layer)[0]
    torch.testing.assert_close(units, expected, rtol=1e-4, atol=1e-4)
    readout = torch.randn(256, generator=torch.Generator().manual_seed(0))
    through = (weights.through(readout) * source).sum() + readout @ weights.bias
    torch.testing.assert_close(through, readout @ expected, rtol=1e-3, atol=1e-3)


def test_spatial_weights_of_another_network() -> None:
    policy = NaturePolicy().eval()
    weights = spatial_weights(adapt(policy), "embedder.layers.7")
    assert weights.values.shape == (512, 64, 4, 4)
    with pytest.raises(ValueError, match="reads 512 numbers, which are not a flattened"):
        spatial_weights(policy, "fc_policy")
    with pytest.raises(ValueError, match=r"computed by a ReLU: name a linear layer"):
        spatial_weights(policy, "embedder.layers.8")


@pytest.mark.parametrize(
    ("layer", "cell", "shape"),
    [
        ("embedder.block1.conv", (0, 0), (3, 3, 3)),
        ("embedder.block2.res1.conv2", (15, 7), (32, 3, 3)),
        ("embedder.block2.res1.resadd", (3, 4), (2,)),
        ("embedder.fc", None, (32, 8, 8)),
        ("fc_policy", None, (256,)),
        ("fc_value", None, (256,)),
    ],
)
def test_parts_sum_to_the_number(
    policy: ImpalaPolicy, layer: str, cell: tuple[int, int] | None, shape: tuple[int, ...]
) -> None:
    unit = 0 if layer == "fc_value" else 5
    found = contributions(policy, LEVEL, layer, unit, cell=cell)
    expected = activations_of(policy, LEVEL, layer)[0][(unit, *(cell or ()))]
    assert found.total == float(expected)
    assert found.parts.shape == shape
    assert float(found.parts.sum()) + found.bias == pytest.approx(found.total, rel=1e-4, abs=1e-4)
    assert float(found.parts.abs().sum()) > 1e-3
    assert float(found.by_channel().sum()) == pytest.approx(float(found.parts.sum()))
    strongest = found.strongest(2)
    assert abs(strongest[0][1]) == found.parts.abs().max()
    assert found.parts[strongest[1][0]] == strongest[1][1]
    ax = plot_contributions(found, count=1)
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == [
        "bias",
        f"{found.parts.numel() - 1} others together",
    ]
    plt.close(ax.figure)


def test_parts_of_strided_convolutions() -> None:
    policy = NaturePolicy(seed=3).eval()
    for layer, cell in (("embedder.layers.0", (14, 3)), ("embedder.layers.2", (5, 0))):
        found = contributions(policy, LEVEL, layer, 7, cell=cell)
        assert float(found.parts.sum()) + found.bias == pytest.approx(found.total, abs=1e-4)


def test_a_change_of_one_input_changes_its_part_alone(policy: ImpalaPolicy) -> None:
    """Which part belongs to which input: found by changing that input."""
    layer, cell = "embedder.block2.res1.conv1", (6, 9)
    before = contributions(policy, LEVEL, layer, 4, cell=cell)
    row, col = before.corner[0] + 2, before.corner[1] + 1

    def brighten(x: torch.Tensor) -> torch.Tensor:
        x[:, 11, row, col] += 3.0
        return x

    with hooks.patched(policy, {f"{layer}_in0": brighten}):
        after = contributions(policy, LEVEL, layer, 4, cell=cell)
    change = after.parts - before.parts
    assert change.count_nonzero() == 1
    weight = policy.get_submodule(layer).weight[4, 11, 2, 1]
    assert float(change[11, 2, 1]) == pytest.approx(3 * float(weight), rel=1e-4)


@pytest.mark.parametrize(
    ("layer", "unit", "cell", "message"),
    [
        ("embedder.fc", 256, None, r"no unit 256: give 0\.\.255"),
        ("embedder.fc", 0, (0, 0), r"has no positions: leave cell out"),
        ("embedder.block1.conv", 0, None, r"has 64 x 64 cells: give cell="),
        ("embedder.block1.conv", 0, (64, 0), r"no cell \(64, 0\): it has 64 x 64"),
        ("embedder.block1.maxpool", 0, (0, 0), r"computed by a HalvingMaxPool: name a convolution"),
    ],
)
def test_refusals(
    policy: ImpalaPolicy, layer: str, unit: int, cell: tuple[int, int] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        contributions(policy, LEVEL, layer, unit, cell=cell)
