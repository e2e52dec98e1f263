from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from procgen_tools.models import (
    CnnLstmPolicy,
    ImpalaPolicy,
    archives,
    checkpoint_metadata,
    checkpoints,
    load_cnn_lstm,
    load_policy,
    load_q_network,
    save_policy,
)
from procgen_tools.models.cnn_lstm import DESIGNS
from procgen_tools.models.mirror import mirrored

State = OrderedDict[str, Tensor]


@pytest.fixture
def state() -> State:
    return OrderedDict(ImpalaPolicy(seed=4).state_dict())


def written(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def assert_same_parameters(policy: ImpalaPolicy, state: State) -> None:
    assert list(policy.state_dict()) == list(state)
    assert all(torch.equal(value, state[name]) for name, value in policy.state_dict().items())


@pytest.mark.parametrize("name", ["model_state_dict", "state_dict"])
@pytest.mark.parametrize("scale", [1, 4])
def test_published_format(scale: int, name: str, tmp_path: Path) -> None:
    original = ImpalaPolicy(scale, seed=4)
    optimizer = torch.optim.Adam(original.parameters(), lr=5e-4, eps=1e-5)
    original(torch.rand(1, 3, 64, 64))[1].sum().backward()
    optimizer.step()
    checkpoint = {
        name: original.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
    }
    path = written(tmp_path / "model.pth", checkpoint)
    policy = load_policy(str(path), 15, torch.device("cpu"))
    assert policy.scale == scale
    assert not policy.training
    assert_same_parameters(policy, original.state_dict())
    assert all(parameter.requires_grad for parameter in policy.parameters())
    assert list(checkpoint_metadata(path)) == ["optimizer_state_dict"]


def test_files_of_old_versions_of_torch_load(state: State, tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    content = {"model_state_dict": state, "steps": 3}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    assert_same_parameters(load_policy(path), state)
    assert checkpoint_metadata(path) == {"steps": 3}


def test_names_find_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parameters = load_policy("rand_region_5").state_dict()
    assert_same_parameters(load_policy("trained_models/maze_I/model_rand_region_5.pth"), parameters)
    assert checkpoint_metadata("rand_region_5")["algorithm"] == "imitation"
    assert load_q_network("crops_and_humans/planted_0").width == 256
    with pytest.raises(FileNotFoundError, match=r"no agent 'rand_region'.*did you mean 'rand_reg"):
        load_policy("rand_region")
    with pytest.raises(ValueError, match=r"planted_0\.pth does not contain an IMPALA policy"):
        load_policy("planted_0")


def test_save_and_load(tmp_path: Path) -> None:
    policy = ImpalaPolicy(2, 7, seed=4).to(memory_format=torch.channels_last)
    path = tmp_path / "new" / "folder" / "agent.pth"
    facts = {"command": "train", "steps": 10, "scores": {"solved": [0.5, None]}, "x": torch.ones(2)}
    save_policy(policy, path, **facts)
    assert_same_parameters(load_policy(path, num_actions=7), policy.state_dict())
    assert str(checkpoint_metadata(path)) == str(facts)
    first = path.read_bytes()
    same = policy.to(memory_format=torch.contiguous_format)
    save_policy(same, path.with_name("other.pth"), **facts)
    assert path.with_name("other.pth").read_bytes() == first
    assert sorted(file.name for file in path.parent.iterdir()) == ["agent.pth", "other.pth"]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "agent.pth"
    save_policy(ImpalaPolicy(), path, steps=1)

    def full_disk(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="no space left"):
        save_policy(ImpalaPolicy(), path, steps=2)
    assert checkpoint_metadata(path) == {"steps": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(dtype: torch.dtype, state: State, tmp_path: Path) -> None:
    stored = OrderedDict((name, value.to(dtype)) for name, value in state.items())
    policy = load_policy(written(tmp_path / "half.pth", {"model_state_dict": stored}))
    assert_same_parameters(policy, OrderedDict((k, v.float()) for k, v in stored.items()))
    assert {parameter.dtype for parameter in policy.parameters()} == {torch.float32}


def test_a_missing_file_names_those_nearby(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no checkpoint .*a\.pth.* no \.pth file near"):
        load_policy(tmp_path / "a.pth")
    (tmp_path / "maze_I").mkdir()
    (tmp_path / "maze_I" / "there.pth").touch()
    with pytest.raises(FileNotFoundError, match=r"there are .*maze_I/there\.pth"):
        load_policy(tmp_path / "maze_I" / "a.pth")
    with pytest.raises(FileNotFoundError, match=r"there are .*maze_I/there\.pth"):
        load_policy(tmp_path / "maze_II" / "deeper" / "a.pth")
    with pytest.raises(ValueError, match=r"maze_I is a folder.*there\.pth"):
        load_policy(tmp_path / "maze_I")


class Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("was_run",)


def test_foreign_files_are_refused_and_not_run(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = written(tmp_path / "whole.pth", {"model_state_dict": state}).read_bytes()
    harmful = written(tmp_path / "x.pth", {"model_state_dict": state, "x": Malicious()})
    contents = [b"", b"hello", whole[: len(whole) // 2], harmful.read_bytes()]
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.pth"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=rf"{number}\.pth is not a checkpoint.*nothing in it"):
            load_policy(path)
    assert not (tmp_path / "was_run").exists()


def test_a_mistake_of_the_reader_is_not_blamed_on_the_file(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(_: Any) -> None:
        raise TypeError("a mistake in the program")

    monkeypatch.setattr(checkpoints, "check_size", mistaken)
    with pytest.raises(TypeError, match="a mistake in the program"):
        load_policy(written(tmp_path / "good.pth", {"model_state_dict": state}))


def test_files_that_hold_something_else(state: State, tmp_path: Path) -> None:
    path = tmp_path / "other.pth"
    with pytest.raises(ValueError, match=r"contains a Tensor: a checkpoint is a dictionary"):
        load_policy(written(path, torch.zeros(3)))
    with pytest.raises(
        ValueError, match=r"no parameters under 'model_state_dict' or .*\(it has 'embed"
    ):
        load_policy(written(path, state))
    with pytest.raises(ValueError, match=r"\(it has nothing\)"):
        load_policy(written(path, {}))


def changed(state: State, **changes: Any) -> dict[str, Any]:
    """A checkpoint with some parameters replaced (dots as __), or removed (None)."""
    state = OrderedDict(state)
    for name, value in changes.items():
        state[name.replace("__", ".")] = value
    kept = OrderedDict((name, value) for name, value in state.items() if value is not None)
    return {"model_state_dict": kept}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"embedder__block1__conv__weight": None}, r"an IMPALA policy.*but has none"),
        (
            {"embedder__block1__conv__weight": torch.zeros(17, 3, 3, 3)},
            r"has shape \(17, 3, 3, 3\)",
        ),
        ({"embedder__block1__conv__weight": torch.zeros(0, 3, 3, 3)}, r"not fit .* scale 1"),
        ({"fc_value__bias": None}, r"another architecture.*missing fc_value\.bias; unknown none"),
        ({"gru__weight": torch.zeros(1)}, r"missing none; unknown gru\.weight"),
        ({"embedder__fc__weight": torch.zeros(256, 9)}, r"embedder\.fc\.weight \(256, 9\) instead"),
        ({"fc_value__bias": torch.zeros(1, dtype=torch.int64)}, r"fc_value\.bias as torch\.int64"),
        ({"fc_value__bias": 3.0}, r"fc_value\.bias as float: a parameter must be"),
        ({"embedder__fc__weight": torch.zeros(1).expand(256, 2048)}, r"stored in full"),
        ({"embedder__fc__weight": torch.zeros(1).expand(2**31, 2**31)}, r"stored in full"),
        (
            {"embedder__block1__conv__weight": torch.zeros(1).expand(2**40, 3, 3, 3)},
            r"not contain an IMPALA",
        ),
        ({"fc_value__bias": torch.tensor([np.nan])}, r"not finite in fc_value\.bias: training"),
        (
            {"fc_policy__bias": torch.full((15,), 1e300, dtype=torch.float64)},
            r"not finite in fc_policy\.bias",
        ),
        ({"fc_policy__weight": torch.zeros(9, 256)}, r"9 actions, not 15: .*num_actions=9"),
        ({"embedder__block1__conv__weight": torch.zeros(32, 3, 3, 3)}, r"not fit .* scale 2"),
    ],
)
def test_other_architectures(
    changes: dict[str, Any], message: str, state: State, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        load_policy(written(tmp_path / "model.pth", changed(state, **changes)))


def test_metadata_must_be_plain(tmp_path: Path) -> None:
    policy, path = ImpalaPolicy(), tmp_path / "agent.pth"
    with pytest.raises(ValueError, match=r"metadata score is a numpy\.float64"):
        save_policy(policy, path, score=np.float64(1))
    with pytest.raises(ValueError, match=r"metadata runs\['a'\]\[1\] is a builtins\.set"):
        save_policy(policy, path, runs={"a": [1, {2}]})
    for name in ("model_state_dict", "state_dict"):
        with pytest.raises(ValueError, match=rf"cannot be named '{name}'"):
            save_policy(policy, path, **{name: {}})
    assert not path.exists()


@pytest.mark.parametrize("design", DESIGNS)
def test_agents_of_keys_and_chests_come_back(design: str, tmp_path: Path) -> None:
    policy = CnnLstmPolicy(design, seed=4)
    save_policy(policy, tmp_path / "agent.pth", seed=4)
    again = load_cnn_lstm(tmp_path / "agent.pth")
    assert again.design == design
    assert not again.training
    for name, value in policy.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    save_policy(ImpalaPolicy(), tmp_path / "other.pth")
    with pytest.raises(ValueError, match="another architecture than a CNN-LSTM policy"):
        load_cnn_lstm(tmp_path / "other.pth")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"scores": {(1, 5): 0.9}}, r"metadata scores has the key \(1, 5\)"),
        ({"number": 2**3000}, "could not be read again"),
        ({"many": [[0] * 1000] * 1100}, "could not be read again"),
        ({"sparse": torch.eye(2).to_sparse()}, "could not be read again"),
    ],
)
def test_what_could_not_be_read_again_replaces_nothing(
    metadata: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "agent.pth"
    save_policy(ImpalaPolicy(seed=1), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=message):
        save_policy(ImpalaPolicy(seed=2), path, **metadata)
    assert path.read_bytes() == before


def test_an_exact_mirror_image_is_not_saved(tmp_path: Path) -> None:
    policy = ImpalaPolicy(seed=1)
    with pytest.raises(ValueError, match="exact=False"):
        save_policy(mirrored(policy, columns=True), tmp_path / "mirrored.pth")
    save_policy(mirrored(policy, columns=True, exact=False), tmp_path / "mirrored.pth")


def test_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="write_safetensors"):
        save_policy(ImpalaPolicy(), tmp_path / "agent.safetensors")
    monkeypatch.setattr(archives, "LARGEST_FILE", 1000)
    with pytest.raises(ValueError, match="more than 1,000; look for large or unusual parameters"):
        save_policy(ImpalaPolicy(), tmp_path / "agent.pth")
    assert not list(tmp_path.iterdir())
