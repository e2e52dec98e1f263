"""Agents as safetensors files."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import torch

pytest.importorskip("safetensors")

from procgen_tools.models.checkpoints import checkpoint_metadata, load_policy, save_policy
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.models.safe_files import read_safetensors, write_safetensors


def test_an_agent_is_the_same_in_both_formats(tmp_path: Path) -> None:
    policy = ImpalaPolicy(seed=1).half()
    save_policy(policy, tmp_path / "a.pth", seed=1, settings={"levels": [1, 2], "goal": None})
    known = checkpoint_metadata(tmp_path / "a.pth")
    write_safetensors(policy.state_dict(), tmp_path / "a.safetensors", **known)
    assert checkpoint_metadata(tmp_path / "a.safetensors") == known
    old, new = (load_policy(tmp_path / f"a.{kind}") for kind in ("pth", "safetensors"))
    for name, value in old.state_dict().items():
        assert torch.equal(value, new.state_dict()[name]), name


def test_bad_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    header, deep = (
        json.dumps({"__metadata__": {"procgen_tools": metadata}}).encode()
        for metadata in ("[1]", '{"deep": ' + "[" * 200 + "]" * 200 + "}")
    )
    for content in (
        b"",
        b"not one",
        struct.pack("<Q", 2**60) + b"{}",  # a header of an exabyte
        struct.pack("<Q", len(header)) + header,  # metadata that is a list
        struct.pack("<Q", len(deep)) + deep,
    ):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"bad\.safetensors.* Download it again$"):
            load_policy(path)
    with pytest.raises(FileNotFoundError):
        read_safetensors(tmp_path / "none.safetensors")


def test_what_cannot_be_written_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"let it end in \.safetensors"):
        write_safetensors({}, tmp_path / "a.pth")
    for wrong in (torch.ones(1), float("nan")):
        with pytest.raises(ValueError, match="cannot be written as JSON"):
            write_safetensors({}, tmp_path / "a.safetensors", number=wrong)
    assert not list(tmp_path.iterdir())
