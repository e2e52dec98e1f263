"""Laws of interventions: they change what they name, as they say, inside their `with` only."""

from __future__ import annotations

import contextlib
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools import hooks, maze, vfield
from procgen_tools.interventions import (
    NOTHING,
    ActivationVector,
    Add,
    Clamp,
    Intervention,
    Mean,
    Resample,
    Scale,
    Zero,
    activations_of,
    square_cells,
    vectors,
)
from procgen_tools.models import ImpalaPolicy
from tests.interventions.conftest import LAYER, ROW, random_vector, seen


def every_kind(policy: ImpalaPolicy, level: maze.Maze, observations: Tensor) -> list[Intervention]:
    examples = activations_of(policy, observations.flip(0), LAYER)
    return [
        Add(random_vector(policy), -2.0),
        Zero(LAYER),
        Scale(LAYER, 0.5),
        Mean(LAYER, examples),
        Mean(LAYER, examples, over_positions=True),
        Resample(LAYER, examples),
        Resample(LAYER, examples[:1]),
        Clamp(LAYER, 5.5, level, [(0, 2)]),
        Clamp(LAYER, 5.5, level, [(0, 0), (2, 0), (0, 4), (4, 4)]),
    ]


def wall(level: maze.Maze) -> tuple[int, int]:
    row, col = np.argwhere(level.walls)[0].tolist()
    return row, col


def test_what_each_puts_there(policy: ImpalaPolicy, level: maze.Maze, observations: Tensor) -> None:
    x = activations_of(policy, observations, LAYER)
    examples = x.flip(0)
    vector = random_vector(policy)
    cells = square_cells(level, [(0, 0), (2, 0), (0, 4), (4, 4)], 16).tolist()
    one, each = x.clone(), x.clone()
    row, col = square_cells(level, [(0, 2)], 16)[0]
    one[:, :, row, col] = 5.5
    for item, (row, col) in enumerate(cells):
        each[item, :, row, col] = 5.5
    expected = [
        x - 2 * vector.values,
        0 * x,
        x / 2,
        examples.mean(0, keepdim=True).expand_as(x),
        examples.mean((0, 2, 3), keepdim=True).expand_as(x),
        examples,
        examples[:1].expand_as(x),
        one,
        each,
    ]
    kinds = every_kind(policy, level, observations)
    for intervention, wanted in zip(kinds, expected, strict=True):
        _, after = seen(policy, intervention, observations)
        torch.testing.assert_close(after, wanted, msg=str(intervention))
        assert not torch.equal(after, x), intervention


def test_named_channels_alone_change(
    policy: ImpalaPolicy, level: maze.Maze, observations: Tensor
) -> None:
    examples = activations_of(policy, observations.flip(0), LAYER)
    kinds: list[Intervention] = [
        Add(random_vector(policy), 3.0, channels=[3, 5]),
        Zero(LAYER, channels=[3, 5]),
        Scale(LAYER, 2.0, channels=[3, 5]),
        Mean(LAYER, examples, channels=[3, 5]),
        Resample(LAYER, examples, channels=[3, 5]),
        Clamp(LAYER, 5.5, level, [(0, 2)], channels=[3, 5]),
    ]
    others = [channel for channel in range(32) if channel not in (3, 5)]
    for intervention in kinds:
        before, after = seen(policy, intervention, observations)
        assert torch.equal(before[:, others], after[:, others]), intervention
        for channel in (3, 5):
            assert not torch.equal(before[:, channel], after[:, channel]), intervention
        assert "channels 3, 5 of embedder.block2.res1.resadd_out" in str(intervention)


def test_nothing_is_left_behind(
    policy: ImpalaPolicy, level: maze.Maze, observations: Tensor
) -> None:
    weights = {name: value.clone() for name, value in policy.state_dict().items()}
    with torch.no_grad():
        before, _ = policy.logits_and_value(observations)
        for intervention in every_kind(policy, level, observations):
            with intervention.on(policy):
                inside, _ = policy.logits_and_value(observations)
            with pytest.raises(RuntimeError, match="on purpose"), intervention.on(policy):
                raise RuntimeError("on purpose")
            after, _ = policy.logits_and_value(observations)
            assert torch.equal(before, after), intervention
            assert not torch.equal(before, inside), intervention
    assert not any(module._forward_hooks for module in policy.modules())
    for name, value in policy.state_dict().items():
        assert torch.equal(value, weights[name])


def test_identities_change_nothing(policy: ImpalaPolicy, observations: Tensor) -> None:
    own = activations_of(policy, observations, LAYER)
    with torch.no_grad():
        before, _ = policy.logits_and_value(observations)
        for intervention in (
            NOTHING,
            Add(random_vector(policy), 0.0),
            Scale(LAYER, 1.0),
            Resample(LAYER, own),
            Zero(LAYER, channels=[]),
        ):
            with intervention.on(policy, may_be_idle=isinstance(intervention, Resample)):
                after, _ = policy.logits_and_value(observations)
            assert torch.equal(before, after), intervention


def test_idle_edits_are_named(policy: ImpalaPolicy, level: maze.Maze, observations: Tensor) -> None:
    own = Resample(LAYER, activations_of(policy, observations, LAYER))
    both = Add(random_vector(policy), 0.0) + Scale(LAYER, 0.5) + Zero(ROW)
    with torch.no_grad():
        message = rf"^'{own}': .* changed nothing"
        with pytest.warns(hooks.IdleEditWarning, match=message), own.on(policy):
            policy(observations)
        with pytest.warns(hooks.IdleEditWarning) as caught, both.on(policy):
            pass
        assert [
            f"'{name}' never acted" in str(each.message)
            for each, name in zip(caught, (LAYER, ROW), strict=True)
        ] == [True, True]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with both.on(policy):  # one part that is idle by construction is not
                policy(observations)
            with own.on(policy, may_be_idle=True), Add(random_vector(policy), 0.0).on(policy):
                policy(observations)
            with pytest.raises(RuntimeError, match="on purpose"), Zero(ROW).on(policy):
                raise RuntimeError("on purpose")


def test_resampling_all_of_another_run_gives_that_run(
    policy: ImpalaPolicy, observations: Tensor
) -> None:
    other = observations.flip(0)
    with torch.no_grad():
        wanted, _ = policy.logits_and_value(other)
        with Resample(LAYER, activations_of(policy, other, LAYER)).on(policy):
            got, _ = policy.logits_and_value(observations)
    assert torch.equal(got, wanted)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x, m: Zero("embedder.block2.res1.resad"), r"no activation .*did you mean 'embed"),
        (lambda x, m: Zero(LAYER, channels=[32]), r"no channel 32: give 0\.\.31"),
        (lambda x, m: Zero(LAYER, channels=[-1]), r"channel -1 is negative"),
        (lambda x, m: Resample(LAYER, x[:, :16]), r"source has shape \(16, 16, 16\).*same scale"),
        (lambda x, m: Mean(LAYER, x[:0]), r"no examples"),
        (lambda x, m: Clamp(ROW, 1.0, m, [(0, 0)]), r"no positions to clamp"),
        (lambda x, m: Clamp(LAYER, 1.0, m, [(0, m.size)]), r"clamped square cannot be at"),
        (lambda x, m: Clamp(LAYER, 1.0, m, [wall(m)]), r"clamped square .* is a wall: choose"),
        (lambda x, m: Clamp(LAYER, 1.0, m, []), r"no square to clamp"),
        (lambda x, m: Resample(LAYER, x[:2]) + Resample(LAYER, x), r"batches of 2 and of 4"),
        (lambda x, m: Add(ActivationVector(LAYER, x[0, :5], "short one")), r"short one has shape"),
    ],
)
def test_mistakes_are_explained_before_anything_runs(
    policy: ImpalaPolicy, level: maze.Maze, observations: Tensor, make: object, message: str
) -> None:
    examples = activations_of(policy, observations, LAYER)
    with pytest.raises(ValueError, match=message), make(examples, level).on(policy):  # type: ignore[operator]
        pytest.fail("it began")


def test_another_number_of_observations_is_refused(
    policy: ImpalaPolicy, observations: Tensor
) -> None:
    source = activations_of(policy, observations, LAYER)
    with (
        Resample(LAYER, source).on(policy),
        pytest.raises(ValueError, match="for 4 observations per pass, but this pass has 3"),
    ):
        policy(observations[:3])


def test_a_clamp_for_each_square_of_a_field(policy: ImpalaPolicy, level: maze.Maze) -> None:
    """Every square of a field gets its own clamp, not that of the first."""
    squares = level.open_squares()
    with Clamp(LAYER, 50.0, level, squares).on(policy):
        together = vfield.vector_field(level, policy)
    for number in (0, 5, len(squares) - 1):
        with Clamp(LAYER, 50.0, level, [squares[number]]).on(policy):
            alone = vfield.vector_field(level, policy)
        assert abs(together.probabilities[number] - alone.probabilities[number]).max() < 1e-6


def test_a_vector_is_kept_in_a_file(policy: ImpalaPolicy, tmp_path: Path) -> None:
    vector = random_vector(policy)
    vector.save(tmp_path / "deeper" / "vector.npz")
    loaded = ActivationVector.load(tmp_path / "deeper" / "vector.npz")
    assert torch.equal(loaded.values, vector.values)
    assert (loaded.layer, loaded.name) == (vector.layer, vector.name)
    assert [path.name for path in (tmp_path / "deeper").iterdir()] == ["vector.npz"]
    with pytest.raises(ValueError, match=r"does not end in \.npz"):
        vector.save(tmp_path / "vector.pt")


def test_damaged_files_of_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vector.npz"
    whole = saved_vector(path)
    for damaged in (b"", b"text", whole[:50], whole[: len(whole) // 2], whole[:-4]):
        path.write_bytes(damaged)
        with pytest.raises(
            ValueError, match=r"vector\.npz is damaged or is not an \.npz .*write it"
        ):
            ActivationVector.load(path)
    for index in range(0, len(whole), 7):
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 255]) + whole[index + 1 :])
        with contextlib.suppress(ValueError):
            ActivationVector.load(path)
    monkeypatch.setattr(vectors, "LARGEST_FILE", 10_000)
    np.savez_compressed(path, values=np.zeros(2000), layer=np.array("a"), name=np.array("b"))
    with pytest.raises(ValueError, match="a small file that would unpack to a huge one"):
        ActivationVector.load(path)
    np.savez(path, values=np.array(["text"]), layer=np.array("a"), name=np.array("b"))
    with pytest.raises(ValueError, match=r"no array of real numbers under values \(<U4 of"):
        ActivationVector.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("values.npy", b"no array")
    with pytest.raises(ValueError, match=r"damaged or is not an \.npz file \(values has no array"):
        ActivationVector.load(path)
    invalid = np.array([2**30], dtype=np.uint32)
    np.savez(path, values=np.ones(3), layer=invalid.view("<U1"), name=np.array("b"))
    with pytest.raises(ValueError, match=r"vector\.npz is damaged"):
        ActivationVector.load(path)
    with pytest.raises(FileNotFoundError, match=r"none\.npz"):
        ActivationVector.load(tmp_path / "none.npz")


def saved_vector(path: Path) -> bytes:
    ActivationVector(LAYER, torch.ones(4, 2, 2), "ones").save(path)
    return path.read_bytes()


@pytest.mark.usefixtures("unchecked")
def test_channels_and_squares_are_any_whole_numbers() -> None:
    activation, level = torch.rand(2, 256), maze.parse("..C\n.##\nM..")
    wanted = Zero("embedder.fc", channels=[1, 2]).edit("embedder.fc_out", activation)
    for given in (np.array([1, 2]), torch.tensor([1, 2]), map(int, [1, 2])):
        edit = Zero("embedder.fc", channels=given)
        assert edit.channels == (1, 2)
        assert torch.equal(edit.edit("embedder.fc_out", activation), wanted)
        edit.check(ImpalaPolicy())
    assert Clamp(LAYER, 5.6, level, np.array([[0, 0]])).squares == ((0, 0),)


@pytest.mark.usefixtures("unchecked")
def test_squares_may_be_an_iterator() -> None:
    level = maze.parse("..C\n.##\nM..")
    assert Clamp(LAYER, 5.6, level, (each for each in [(0, 0)])).squares == ((0, 0),)
    for none in ([], None):
        with pytest.raises(ValueError, match="no square to clamp"):
            Clamp(LAYER, 5.6, level, none)  # type: ignore[arg-type]
