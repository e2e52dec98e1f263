"""The folder of a page: which folders are refused, and what is written and deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from procgen_tools.page.folder import (
    AGENT_FILE,
    INDEX,
    RUNTIME_FILE,
    check_folder,
    index_of,
    script_of,
    write_files,
)
from tests.page.test_site import config_of, parts_of

ENTRIES = {"agent": "", "layer": "", "runtime": ""}


def test_a_page_replaces_an_earlier_one(tmp_path: Path) -> None:
    text = index_of("page.html", "page", {}, ENTRIES)
    check_folder(tmp_path / "page")
    write_files(tmp_path / "page", {RUNTIME_FILE: "1", AGENT_FILE: "2", INDEX: text})
    check_folder(tmp_path / "page")
    page = write_files(tmp_path / "page", {AGENT_FILE: "é", INDEX: text})
    assert page.index == tmp_path / "page" / INDEX
    assert page.files == {AGENT_FILE: 2, INDEX: len(text.encode())}
    assert {path.name: path.stat().st_size for path in page.index.parent.iterdir()} == page.files


def test_other_files_are_never_mixed_with_a_page(tmp_path: Path) -> None:
    check_folder(tmp_path)
    (tmp_path / INDEX).write_text("my own page")
    with pytest.raises(ValueError, match=r"has other files, .*: name a new or empty folder"):
        check_folder(tmp_path)
    with pytest.raises(ValueError, match=r"index.html is a file: name a folder"):
        check_folder(tmp_path / INDEX)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    parts = {"one": b"1" * 1000, "two": bytes(range(256))}
    (tmp_path / AGENT_FILE).write_text(script_of(parts))
    assert parts_of(tmp_path / AGENT_FILE) == parts
    config = {"text": "</script><b>"}
    (tmp_path / INDEX).write_text(index_of("page.html", "page", config, ENTRIES))
    assert config_of(tmp_path / INDEX) == config
