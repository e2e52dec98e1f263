"""Levels by name: saved whole, loaded again, and readable by others."""

from __future__ import annotations

from pathlib import Path

import pytest

from procgen_tools import maze
from procgen_tools.web.scenes import WORLDS
from procgen_tools.web.stored import Folder, text_of
from tests.web.test_scenes import LEVELS, same


@pytest.mark.parametrize("world", WORLDS)
def test_a_level_of_any_world_comes_back(world: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "new")
    assert folder.names() == []
    level = LEVELS[world](7)
    folder.save("my level", level)
    assert folder.names() == ["my level"]
    assert same(folder.load("my level"), level)
    assert (folder.path / "my level.json").read_text() == text_of(level)
    folder.save("my level", LEVELS[world](8))  # replaces it
    assert same(folder.load("my level"), LEVELS[world](8))


def test_mazes_are_files_of_mazes(tmp_path: Path) -> None:
    Folder(tmp_path).save("one", maze.make_level(1))
    assert maze.load_mazes(tmp_path / "one.json") == [maze.make_level(1)]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "a\nb", "x" * 101])
def test_names_cannot_leave_the_folder(name: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "inside")
    with pytest.raises(ValueError, match="is no name for a level"):
        folder.save(name, maze.make_level(0))
    assert not list(tmp_path.rglob("*"))


def test_what_is_no_level(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with pytest.raises(ValueError, match="there is no level 'one': save one first"):
        folder.load("one")
    maze.save_mazes(tmp_path / "none.json", [])
    with pytest.raises(ValueError, match=r"none.json has no mazes"):
        folder.load("none")
    with pytest.raises(ValueError, match=r"did you mean 'none'"):
        folder.load("non")
    (tmp_path / "other.json").write_text('{"format": "procgen-tools scene", "world": "moon"}')
    with pytest.raises(ValueError, match=r"other.json: there is no world 'moon'"):
        folder.load("other")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ValueError, match=r"broken.json: "):
        folder.load("broken")
