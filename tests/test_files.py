"""Files are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from procgen_tools.files import (
    LONGEST_NAME,
    check_writable,
    read_bounded,
    unfinished,
    write_between,
    write_text,
)


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


def test_threads_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    texts = [str(number) * 1000 for number in range(10)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda text: write_text(path, text), texts * 10))
    assert path.read_text() in texts
    assert list(tmp_path.iterdir()) == [path]


def test_unfinished_files_are_recognisable_and_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, victim = tmp_path / "file.txt", tmp_path / "victim"
    with unfinished(path) as first, unfinished(path) as second:
        assert first != second
        assert re.fullmatch(r"\.file\.txt\.[0-9a-f]{16}\.tmp", first.name)
    victim.write_text("untouched")
    monkeypatch.setattr("secrets.token_hex", lambda count: "0" * 2 * count)
    (tmp_path / f".file.txt.{'0' * 16}.tmp").symlink_to(victim)
    with pytest.raises(FileExistsError):
        write_text(path, "through a link")
    assert victim.read_text() == "untouched"


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_files_have_the_usual_permissions(tmp_path: Path) -> None:
    write_text(tmp_path / "ours", "")
    (tmp_path / "usual").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_reading_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bounded(tmp_path / "file", 5) == b"12345"
    with pytest.raises(ValueError, match="file has 5 bytes, more than the limit of 4"):
        read_bounded(tmp_path / "file", 4)
    with pytest.raises(ValueError, match="is a folder"):
        read_bounded(tmp_path, 4)
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_bounded(tmp_path / "nothing", 4)


def test_what_is_between_marks_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    one, two = ("<one>\n", "</one>"), ("<two>", "</two>\n")
    path.write_text("a <one>\nold</one> b <two>old</two>\n<one>\nkept</one>", encoding="utf-8")
    write_between(path, (two, "2"), (one, "é\n"))
    text = path.read_text(encoding="utf-8")
    assert text == "a <one>\né\n</one> b <two>2</two>\n<one>\nkept</one>"
    for marks in (("<three>", "</three>"), ("<one>\n", "</three>"), ("</two>", "<two>")):
        with pytest.raises(ValueError, match=f"no place for the section: add {marks[0].strip()}"):
            write_between(path, (one, "new"), (marks, "new"))
        assert path.read_text(encoding="utf-8") == text


def test_the_longest_names_are_written_and_longer_ones_refused(tmp_path: Path) -> None:
    longest = tmp_path / ("a" * (LONGEST_NAME - 4) + ".pth")
    check_writable(longest)
    write_text(longest, "x")
    assert longest.read_text() == "x"
    with pytest.raises(ValueError, match="234 bytes"):
        check_writable(tmp_path / ("a" * (LONGEST_NAME - 3) + ".pth"))
