"""Files that are made to hang, to fill the memory or to confuse are refused before torch reads."""

from __future__ import annotations

import os
import pickle
import time
import zipfile
from collections import OrderedDict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.models import archives, checkpoint_metadata, save_policy
from procgen_tools.models.archives import check_pickle, check_size, checked_archive
from procgen_tools.worlds.crops_and_humans.q_network import QNetwork


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    path = tmp_path / "agent.pth"
    save_policy(QNetwork(4), path, steps=[1, 2.5, None, True, -(2**40)], x=torch.ones(3))
    return path


def archive_of(path: Path, data: bytes, *, others: int = 0, compression: int = 0) -> Path:
    """An archive as torch writes it, around a pickle."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
        for number in range(others):
            archive.writestr(f"archive/data/{number}", bytes(1000))
    return path


class Call:
    """Pickled as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.what = function, arguments

    def __reduce__(self) -> Any:
        return self.what


DOUBLED = b"".join(
    (
        b"\x80\x02}(X\x01\x00\x00\x00a}",  # {"a": {...
        b")",
        *(bytes([ord("q"), i, ord("h"), i, 0x86]) for i in range(40)),  # 40 times a pair
        b"K\x01su.",
    )
)
"""A key with 2^40 parts in 240 bytes. Python itself would never finish making it."""


def test_what_torch_writes_is_copied_whole(agent: Path) -> None:
    copy = checked_archive(agent)
    with zipfile.ZipFile(agent) as original, zipfile.ZipFile(copy) as copied:
        assert original.namelist() == copied.namelist()
        for name in original.namelist():
            assert original.read(name) == copied.read(name)


def nested(times: int) -> tuple[Any, ...]:
    value: tuple[Any, ...] = ()
    for _ in range(times):
        value = (value,)
    return value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (DOUBLED, "keys other than numbers and strings"),
        ({nested(200): 1}, "keys other than numbers and strings"),
        ({"a": Call(bytearray, 4 * 10**9)}, "asks to call __builtin__ bytearray"),
        ({"a": Call(torch.FloatStorage, 10**10)}, "asks to call torch FloatStorage"),
        ({"a": Call(OrderedDict, [(1, 2)])}, "asks to call collections OrderedDict"),
        ({"a": {1, 2}}, "asks to call __builtin__ set"),
        ({"a": np.float64(1)}, "asks to call numpy"),
    ],
)
def test_values_that_no_checkpoint_needs(content: Any, message: str, tmp_path: Path) -> None:
    started = time.perf_counter()
    data = content if isinstance(content, bytes) else pickle.dumps(content, protocol=2)
    path = archive_of(tmp_path / "bad.pth", data)
    with pytest.raises(ValueError, match=rf"bad\.pth is not a checkpoint .*{message}.*nothing in"):
        checkpoint_metadata(path)
    assert time.perf_counter() - started < 30, "read whole, it would never end"


def test_values_without_an_end(tmp_path: Path) -> None:
    endless: list[Any] = []
    endless.append(endless)
    wide: Any = [0] * 1024
    for content in (
        {"a": endless},
        {"a": nested(archives.DEEPEST + 1)},
        {"a": [[wide] * 1024] * 9},
    ):
        path = archive_of(tmp_path / "deep.pth", pickle.dumps(content, protocol=2))
        with pytest.raises(ValueError, match=r"deep\.pth .* more than 1,048,576 values"):
            checkpoint_metadata(path)
    check_size({"a": nested(archives.DEEPEST - 2), "b": wide})


def test_archives_that_torch_never_writes(tmp_path: Path, monkeypatch: Any) -> None:
    plain = pickle.dumps({}, protocol=2)
    path = archive_of(tmp_path / "a.pth", plain, others=1, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match="its records are compressed"):
        checked_archive(path)
    monkeypatch.setattr(archives, "MOST_RECORDS", 10)
    with pytest.raises(ValueError, match="13 records, too many"):
        checked_archive(archive_of(path, plain, others=10))
    monkeypatch.setattr(archives, "LARGEST_FILE", 100)
    with pytest.raises(ValueError, match=r"a\.pth has [\d,]+ bytes, more than the limit of 100"):
        checked_archive(path)


def test_records_that_overlap(tmp_path: Path) -> None:
    """Many names for one record: small on the disk, large once it is read."""
    path = archive_of(tmp_path / "a.pth", pickle.dumps({}, protocol=2), others=2)
    content = bytearray(path.read_bytes())
    starts = [i for i in range(len(content)) if content[i : i + 4] == b"PK\x01\x02"]
    for start in starts:  # every name points to one record with all bytes
        content[start + 20 : start + 28] = len(content).to_bytes(4, "little") * 2
    path.write_bytes(content)
    with pytest.raises(ValueError, match="claim more bytes than the file has"):
        checked_archive(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(ValueError, match=r"pipe\.pth is a pipe or a device"):
        checkpoint_metadata(tmp_path / "pipe.pth")


def test_a_file_cut_short_names_itself(agent: Path) -> None:
    whole = agent.read_bytes()
    for length in (0, 3, 100, len(whole) // 2, len(whole) - 1):
        agent.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"agent\.pth is not a checkpoint.* Download the file"):
            checkpoint_metadata(agent)


def test_a_central_directory_beyond_the_end(agent: Path) -> None:
    whole = agent.read_bytes()
    place = whole.index(b"PK\x06\x06") + 55  # the highest byte of where it starts
    agent.write_bytes(whole[:place] + b"\xff" + whole[place + 1 :])
    with pytest.raises(ValueError, match=r"agent\.pth is not a checkpoint.* damaged or cut short"):
        checkpoint_metadata(agent)


def test_a_changed_byte_is_found(agent: Path) -> None:
    """Every tensor and the pickle are checked against their sums."""
    whole = agent.read_bytes()
    start = whole.index(b"model_state_dict")
    agent.write_bytes(whole[:start] + b"M" + whole[start + 1 :])
    with pytest.raises(ValueError, match=r"damaged or cut short \(Bad CRC-32"):
        checked_archive(agent)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80\x02", b"\x80\x02q\x00.", b"\x80\x02h\x07.", b"\x80\x02\x86.", b"\x80\x02u.",
     b"\x80\x02X\x01\x00\x00\x00\xff.", b"\x80\x02R.", b"\x80\x02}}b.",
     b"\x80\x022.", b"\x80\x02(t0."],
)  # fmt: skip
def test_damaged_pickles(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        check_pickle(BytesIO(data))
    assert type(caught.value) is ValueError
