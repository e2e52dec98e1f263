"""Files are whole or not there, whatever happens while they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from procgen_tools.files import check_writable, unfinished, write_text


def test_a_file_is_replaced_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "α")
    assert path.read_bytes() == "α".encode()
    with unfinished(path) as temporary:
        temporary.write_text("half")
        assert temporary.parent == path.parent
        assert path.read_text(encoding="utf-8") == "α"
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_older_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def stop_in_the_middle() -> None:
        with unfinished(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_found_before_the_work(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "newer" / "file.txt")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="is a folder: name a file"):
        check_writable(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="file is not a folder"):
        check_writable(tmp_path / "file" / "in_a_file.txt")
    with pytest.raises(ValueError, match="/proc is read-only"):
        check_writable("/proc/file.txt")
