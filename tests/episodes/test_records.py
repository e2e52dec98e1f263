"""Records: written whole as parquet, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from procgen_tools.episodes.records import check_destination, write_records


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
