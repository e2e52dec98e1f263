"""Records: written whole as parquet, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from procgen_tools.episodes.records import check_destination, read_kept, write_records


def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.parquet"
    path.write_bytes(b"older")

    def fail(self: pd.DataFrame, path: Path, **_: Any) -> None:
        path.write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    with pytest.raises(OSError, match="full"):
        write_records(path, pd.DataFrame({"steps": [1]}))
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.parquet").mkdir()
    with pytest.raises(ValueError, match=r"end it in \.parquet"):
        check_destination(tmp_path / "records.csv")
    with pytest.raises(ValueError, match="is a folder"):
        check_destination(tmp_path / "folder.parquet")
    with pytest.raises(ValueError, match="cannot be written"):
        check_destination(tmp_path / "file" / "records.parquet")
    check_destination(tmp_path / "deeper" / "records.parquet")
    assert not (tmp_path / "deeper").exists()


def test_records_that_were_measured_otherwise_are_refused(tmp_path: Path) -> None:
    path, records = tmp_path / "records.parquet", pd.DataFrame({"steps": [1, 2]})
    write_records(path, records, settings={"levels": "abc", "tolerance": 0.5})
    assert records.attrs == {}
    read = read_kept(path, ["steps"], settings={"levels": "abc", "tolerance": 0.5})
    assert read.equals(records)
    assert read.attrs == {}
    assert read_kept(path).equals(records)
    with pytest.raises(ValueError, match=r"with tolerance 0\.5, not 0\.1: name another folder, or"):
        read_kept(path, settings={"levels": "abc", "tolerance": 0.1})
    with pytest.raises(ValueError, match="with no known seed, not 3"):
        read_kept(path, settings={"seed": 3})
    write_records(path, records)
    with pytest.raises(ValueError, match="with no known levels, not 'abc'"):
        read_kept(path, settings={"levels": "abc"})
