"""Vector fields: what they hold, derive and refuse, and that they are what a policy would do."""

from __future__ import annotations

import copy
import inspect
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
from procgen_tools.worlds.maze.grid import Maze, Square, parse
from procgen_tools.worlds.maze.observations import to_observations
from procgen_tools.worlds.maze.venv import MazeVenv, create_venv

MAZE = parse(".#C\n...\nM.#")


def random_field(maze: Maze, seed: int) -> VectorField:
    rng = np.random.default_rng(seed)
    squares = len(maze.open_squares())
    return VectorField(maze, rng.dirichlet(np.ones(5), squares), rng.normal(size=squares))


def test_squares_are_the_open_squares_and_at_finds_their_rows() -> None:
    field = random_field(MAZE, 0)
    assert field.squares == tuple(MAZE.open_squares())
    for number, square in enumerate(field.squares):
        assert field.index(square) == number
        assert np.array_equal(field.at(square), field.probabilities[number])


def test_arrows_point_where_the_moves_lead() -> None:
    moves = np.eye(5)[[0, 1, 2, 3, 4, 1, 1]]
    arrows = VectorField(MAZE, moves, np.zeros(7)).arrows
    assert arrows.tolist() == [[-1, 0], [1, 0], [0, 1], [0, -1], [0, 0], [1, 0], [1, 0]]


def test_grid_puts_numbers_on_squares_and_nan_in_walls() -> None:
    field = random_field(MAZE, 1)
    values, moves = field.grid(field.values), field.grid(field.probabilities)
    assert values.shape == (3, 3)
    assert moves.shape == (3, 3, 5)
    assert np.array_equal(np.isnan(values), MAZE.walls)
    for number, square in enumerate(field.squares):
        assert values[square] == field.values[number]
        assert np.array_equal(moves[square], field.at(square))
    with pytest.raises(ValueError, match="6 numbers do not fit 7 open squares"):
        field.grid(field.values[1:])


def test_a_field_keeps_its_own_read_only_arrays() -> None:
    given = np.full((7, 5), 0.2, dtype=np.float32)
    field = VectorField(MAZE, given, np.zeros(7, dtype=np.float32))
    given[0] = 0.0
    assert field.probabilities.dtype == np.float64
    assert field.probabilities[0].sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="read-only"):
        field.probabilities[0, 0] = 1.0


def test_difference_measures_are_exact() -> None:
    before, after = random_field(MAZE, 2), random_field(MAZE, 3)
    change = difference(before, after)
    assert np.allclose(change.values, after.values - before.values)
    assert np.allclose(change.probabilities, after.probabilities - before.probabilities)
    assert np.allclose(change.arrows, after.arrows - before.arrows)
    assert np.allclose(change.lengths**2, (change.arrows**2).sum(axis=1))
    assert change.magnitude == pytest.approx(np.sqrt((change.lengths**2).sum()))
    # Total variation is the largest change of the probability of any set of moves.
    assert np.allclose(change.total_variation, np.maximum(change.probabilities, 0).sum(axis=1))


def test_the_magnitude_of_unit_changes_is_the_root_of_their_number() -> None:
    stay, right = np.eye(5)[[4] * 7], np.eye(5)[[1] * 7]
    change = difference(VectorField(MAZE, stay, np.zeros(7)), VectorField(MAZE, right, np.zeros(7)))
    assert change.magnitude == pytest.approx(np.sqrt(7))
    assert change.total_variation.tolist() == [1.0] * 7


def test_fields_of_different_walls_have_no_difference() -> None:
    moved = Maze(MAZE.walls, cheese=Square(1, 1))
    assert difference(random_field(MAZE, 0), random_field(moved, 0)).magnitude == 0
    with pytest.raises(ValueError, match=r"different walls .*7 open squares.*with 8"):
        difference(random_field(MAZE, 0), random_field(parse(".#C\n...\nM.."), 0))


def test_wrong_arrays_are_refused() -> None:
    fair, values = np.full((7, 5), 0.2), np.zeros(7)
    for shape in ((6, 5), (7, 4)):
        with pytest.raises(ValueError, match=r"probabilities have shape .*give \(7, 5\)"):
            VectorField(MAZE, np.full(shape, 1 / shape[1]), values[: shape[0]])
    # The annotations catch this first where they are checked.
    with pytest.raises((ValueError, TypeError), match=r"values"):
        VectorField(MAZE, fair, values[1:])
    wrong = fair.copy()
    wrong[2, 0] = np.nan
    with pytest.raises(ValueError, match=r"contain nan at square .*row=1, col=0.*finite"):
        VectorField(MAZE, wrong, values)
    with pytest.raises(ValueError, match=r"values contain inf at square"):
        VectorField(MAZE, fair, values + np.inf)
    wrong[2] = (0.5, 0.5, 0.5, 0, 0)
    with pytest.raises(ValueError, match=r"row=1, col=0.*sum 1\.5.*softmax"):
        VectorField(MAZE, wrong, values)
    wrong[2] = (1.5, -0.5, 0, 0, 0)
    with pytest.raises(ValueError, match="at least 0"):
        VectorField(MAZE, wrong, values)


def test_squares_without_a_row_are_named() -> None:
    field = random_field(MAZE, 0)
    with pytest.raises(ValueError, match=r"\(2, 1\).*wall; choose an open square"):
        field.at((2, 1))
    with pytest.raises(ValueError, match=r"\(3, 0\)"):
        field.at((3, 0))


def test_the_flipped_field_is_held_and_checked_like_the_field() -> None:
    field, other = random_field(MAZE, 0), random_field(MAZE, 1)
    both = VectorField(MAZE, field.probabilities, field.values, other.probabilities)
    assert both.flipped_probabilities is not None
    assert np.array_equal(both.flipped_probabilities, other.probabilities)
    assert not both.flipped_probabilities.flags.writeable
    assert np.allclose(
        both.facing_variation, np.maximum(other.probabilities - field.probabilities, 0).sum(axis=1)
    )
    assert field.flipped_probabilities is None
    with pytest.raises(ValueError, match=r"one facing of the mouse only.*both_facings=True"):
        _ = field.facing_variation
    wrong = np.full((7, 5), 0.2)
    wrong[2, 0] = np.inf
    with pytest.raises(ValueError, match=r"flipped_probabilities contain inf at square"):
        VectorField(MAZE, field.probabilities, field.values, wrong)
    wrong[2] = 0.3
    with pytest.raises(ValueError, match=r"the flipped_probabilities at .*row=1, col=0.*sum 1\.5"):
        VectorField(MAZE, field.probabilities, field.values, wrong)


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


def test_what_has_no_field_is_refused(venv: MazeVenv, policy: ImpalaPolicy) -> None:
    with pytest.raises(ValueError, match=r"environment 2 does not exist: the venv has 2"):
        vector_field(venv, policy, index=2)
    with pytest.raises(ValueError, match=r"the venv has 2 environments: say which one is meant"):
        vector_field(venv, policy)
    with pytest.raises(ValueError, match=r"index 1 selects an environment .*leave it out"):
        vector_field(MAZE, policy, index=1)
    with pytest.raises(ValueError, match=r"batch_size 0 is below 1"):
        vector_field(MAZE, policy, batch_size=0)
    unchecked = inspect.unwrap(vfield._maze)  # without run-time type checks
    with pytest.raises(ValueError, match=r"not a EnvState: convert an EnvState with \.to_maze"):
        unchecked(venv.state(0), 0)


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
