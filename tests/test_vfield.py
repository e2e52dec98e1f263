"""Vector fields: they are what a policy would do in the environment, however it is asked."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from procgen_tools import hooks, vfield
from procgen_tools.benchmarks.fields import reference_field, spread_policy
from procgen_tools.models import ImpalaPolicy, move_probabilities
from procgen_tools.vfield import VectorField, difference, total_variation, vector_field
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.edit import move_mouse
from procgen_tools.worlds.maze.grid import Maze, parse
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.venv import MazeVenv, create_venv

MAZE = parse(".#C\n...\nM.#")


SITE = "embedder.block2.res1.resadd_out"
INPUT = "embedder.block1.conv_in0"
LEVEL = 3  # 5 x 5 squares, 17 of them open


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return spread_policy(create_venv(1, start_level=LEVEL, num_levels=1).maze())


@pytest.fixture
def venv() -> MazeVenv:
    return create_venv(2, start_level=LEVEL, num_levels=1)


def assert_equal(first: VectorField, second: VectorField, tolerance: float = 0.0) -> None:
    assert first.maze == second.maze
    for name in ("probabilities", "values", "flipped_probabilities"):
        one, other = getattr(first, name), getattr(second, name)
        assert (one is None) == (other is None), name
        if one is not None:
            # Values spread ten times as far as probabilities do here.
            limit = tolerance * (10 if name == "values" else 1)
            assert np.abs(one - other).max() <= limit, name


def test_a_field_is_what_the_policy_does_in_the_environment(
    venv: MazeVenv, policy: ImpalaPolicy
) -> None:
    venv.set_maze(move_mouse(venv.maze(1), (0, 1)), 1)
    before = venv.env.callmethod("get_state")
    field = vector_field(venv, policy, index=1)
    assert venv.env.callmethod("get_state") == before
    assert field.maze == venv.maze(1)
    for number, square in enumerate(field.squares):
        for mirrored, found in (
            (False, field.probabilities),
            (True, field.flipped_probabilities),
        ):
            assert found is not None
            venv.set_maze(replace(field.maze, mouse=square, mouse_mirrored=mirrored), 1)
            with torch.no_grad():
                logits, values = policy.logits_and_value(torch.from_numpy(venv.reset()[1:]))
            expected = move_probabilities(logits)[0].numpy()
            assert np.abs(found[number] - expected).max() < 1e-5
            if not mirrored:
                assert field.values[number] == pytest.approx(values.item(), abs=1e-4)
    assert total_variation(field.probabilities, np.roll(field.probabilities, 1, 0)).max() > 0.01


def test_a_maze_gives_the_field_of_its_venv(venv: MazeVenv, policy: ImpalaPolicy) -> None:
    assert_equal(vector_field(venv, policy, index=0), vector_field(venv.maze(0), policy))


def test_the_flipped_field_is_the_field_of_the_flipped_maze(policy: ImpalaPolicy) -> None:
    flipped = replace(MAZE, mouse_mirrored=True)
    field, other = vector_field(MAZE, policy), vector_field(flipped, policy)
    assert np.array_equal(field.probabilities, other.flipped_probabilities)
    assert np.array_equal(field.flipped_probabilities, other.probabilities)
    assert field.facing_variation.max() > 1e-3
    one = vector_field(MAZE, policy, both_facings=False)
    assert one.flipped_probabilities is None
    assert_equal(one, VectorField(MAZE, field.probabilities, field.values))


def test_patches_act_on_a_field_whoever_sets_them(policy: ImpalaPolicy) -> None:
    circrl = pytest.importorskip("circrl.module_hook")
    plain = vector_field(MAZE, policy)
    hook = circrl.ModuleHook(policy)
    assert_equal(vector_field(MAZE, hook.network), plain)
    patches = {SITE: lambda x: x + 0.5}
    with hooks.patched(policy, patches):
        ours = vector_field(MAZE, policy)
    with hook.use_patches(patches):
        theirs = vector_field(MAZE, hook.network)
    assert_equal(ours, theirs)
    change = difference(plain, ours)
    assert change.total_variation.max() > 0.01
    assert total_variation(plain.flipped_probabilities, ours.flipped_probabilities).max() > 0.01
    with hooks.patched(policy, {SITE: lambda x: x}, may_be_idle=True):
        assert_equal(vector_field(MAZE, policy), plain)
    assert_equal(vector_field(MAZE, policy), plain)


def test_a_patch_meets_the_squares_in_order_in_each_facing(policy: ImpalaPolicy) -> None:
    seen: list[Tensor] = []

    def watch(x: Tensor) -> Tensor:
        seen.append(x)
        return x

    with hooks.patched(policy, {INPUT: watch}, may_be_idle=True):
        vector_field(MAZE, policy)
    for batch, mirrored in zip(seen, (False, True), strict=True):
        maze = replace(MAZE, mouse_mirrored=mirrored)
        frames = agent_frames(maze, maze.open_squares())
        assert np.array_equal(batch.numpy(), to_observations(frames))


def uniform(obs: Tensor) -> tuple[Categorical, Tensor]:
    return Categorical(logits=torch.zeros(len(obs), 15)), torch.zeros(len(obs), 1)


@pytest.mark.parametrize(
    ("hooked", "batch_size", "sizes"),
    [
        (True, None, [625]),
        (False, None, [64] * 9 + [49]),
        (True, 500, [500, 125]),
        (False, 500, [500, 125]),
    ],
)
def test_squares_are_one_batch_for_whoever_looks_inside(
    hooked: bool, batch_size: int | None, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[int] = []

    def forward(_: ImpalaPolicy, obs: Tensor) -> tuple[Categorical, Tensor]:
        passes.append(len(obs))
        assert not torch.is_grad_enabled()
        return uniform(obs)

    monkeypatch.setattr(ImpalaPolicy, "forward", forward)
    watched = ImpalaPolicy()
    empty = Maze(np.zeros((25, 25), dtype=bool))
    with hooks.record(watched, [SITE] if hooked else []):
        field = vector_field(empty, watched, batch_size=batch_size)
    assert passes == sizes * 2
    assert np.allclose(field.at((24, 24)), [3 / 15, 3 / 15, 1 / 15, 1 / 15, 7 / 15])


def test_small_batches_change_nothing_but_rounding(policy: ImpalaPolicy) -> None:
    assert_equal(vector_field(MAZE, policy, batch_size=3), vector_field(MAZE, policy), 1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_the_policy_keeps_its_mode(policy: ImpalaPolicy, training: bool) -> None:
    policy.train(training)
    vector_field(MAZE, policy)
    assert all(module.training is training for module in policy.modules())
    assert all(parameter.grad is None for parameter in policy.parameters())
    policy.eval()


def test_any_function_of_observations_is_a_policy() -> None:
    layouts = []

    def policy(obs: Tensor) -> tuple[Categorical, Tensor]:
        layouts.append((obs.shape, obs.dtype, obs.is_contiguous()))
        logits = torch.zeros(len(obs), 15)
        logits[:, 5] = 100
        return Categorical(logits=logits), obs.mean(dim=(1, 2, 3))

    field = vector_field(MAZE, policy)
    assert layouts == [((7, 3, 64, 64), torch.float32, True)] * 2
    assert field.arrows.tolist() == [[0, 1]] * 7
    frames = agent_frames(MAZE, MAZE.open_squares())
    assert np.allclose(field.values, to_observations(frames).mean(axis=(1, 2, 3)))


def test_frames_go_to_the_device_of_the_policy() -> None:
    class Elsewhere(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1, device="meta"))

        def forward(self, obs: Tensor) -> tuple[Categorical, Tensor]:
            assert obs.device == self.weight.device
            return uniform(obs)

    assert len(vector_field(MAZE, Elsewhere()).values) == 7


def test_both_engines_give_the_same_field(policy: ImpalaPolicy) -> None:
    pytest.importorskip("procgen")
    options = {"start_level": LEVEL, "num_levels": 1}
    venv = create_venv(1, **options)
    field = vector_field(venv, policy)
    assert_equal(field, vector_field(create_venv(1, backend="procgen", **options), policy))
    # The original library's own frames, one environment a square.
    theirs = reference_field(venv, policy)
    assert_equal(replace(field, flipped_probabilities=None), theirs, 1e-5)
    venv.step([7])
    turned = vector_field(venv, policy)
    assert turned.maze.mouse_mirrored
    assert_equal(replace(turned, flipped_probabilities=None), reference_field(venv, policy), 1e-5)


@pytest.mark.usefixtures("unchecked")
def test_what_has_no_field_is_refused(venv: MazeVenv, policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match=r"environment 2 does not exist: the venv has 2"):
        vector_field(venv, policy, index=2)
    with pytest.raises(ValueError, match=r"the venv has 2 environments: choose one by"):
        vector_field(venv, policy)
    with pytest.raises(ValueError, match=r"index 1 selects an environment .*leave it out"):
        vector_field(MAZE, policy, index=1)
    with pytest.raises(ValueError, match=r"batch_size is 0"):
        vector_field(MAZE, policy, batch_size=0)
    with pytest.raises(ValueError, match=r"not a EnvState: convert an EnvState with \.to_maze"):
        vector_field(venv.state(0), policy)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda n: torch.zeros(n, 15), r"returned a Tensor: it must return a distribution with"),
        (lambda n: (torch.zeros(n, 15), torch.zeros(n)), r"returned a tuple: it must return"),
        (lambda n: None, r"returned a NoneType: it must return"),
        (
            lambda n: (Categorical(logits=torch.zeros(n, 9)), torch.zeros(n)),
            r"logits of shape \(7, 9\) for 7 observations: it must return \(7, 15\)",
        ),
        (
            lambda n: (Categorical(logits=torch.zeros(n, 15)), torch.zeros(n, 2)),
            r"values of shape \(7, 2\) for 7 observations: it must return one value per",
        ),
    ],
)
def test_unfit_policies_are_explained(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vector_field(MAZE, lambda obs: answer(len(obs)))


def test_a_broken_network_is_named_by_its_square(policy: ImpalaPolicy) -> None:
    def poison(x: Tensor) -> Tensor:
        x[4] = torch.nan
        return x

    def poisoned(observations: Tensor) -> tuple[Categorical, Tensor]:
        distribution, values = policy(observations)
        return distribution, poison(values)

    with (
        pytest.raises(ValueError, match=r"the patch of 'fc_value_out' made 1 values NaN"),
        hooks.patched(policy, {"fc_value": poison}),
    ):
        vector_field(MAZE, policy)
    with (
        pytest.raises(ValueError, match=r"values contain nan at square Square\(row=1, col=2\)"),
    ):
        vector_field(MAZE, poisoned)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_policies_of_other_number_types(policy: ImpalaPolicy, dtype: torch.dtype) -> None:
    plain = vector_field(MAZE, policy)
    other = copy.deepcopy(policy).to(dtype)
    rough = vector_field(MAZE, other)
    np.testing.assert_allclose(rough.probabilities, plain.probabilities, atol=1e-2)
    assert not np.array_equal(rough.probabilities, plain.probabilities)
    with hooks.patched(other, {SITE: lambda x: 0.5 * x}):
        assert difference(rough, vector_field(MAZE, other)).total_variation.max() > 0.01


def test_plots_come_from_the_room_above_when_they_are_named() -> None:
    from procgen_tools.plots import fields

    assert vfield.plot_vf is fields.plot_vf
    assert vfield.plot_vfs is fields.plot_vfs
    assert vfield.plot_heat_map is fields.plot_heat_map
    with pytest.raises(AttributeError, match="has no attribute 'plot_v'"):
        _ = vfield.plot_v
    code = "import sys, procgen_tools.vfield; sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_policy_without_values_is_told_to_return_zeros() -> None:
    def without_values(observations: torch.Tensor) -> Any:
        return torch.distributions.Categorical(logits=torch.zeros(len(observations), 15)), None

    policy: Any = without_values
    with pytest.raises(ValueError, match=r"values of type NoneType: return a tensor.*zeros"):
        vector_field(MAZE, policy)
