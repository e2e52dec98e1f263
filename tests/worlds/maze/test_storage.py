"""Mazes in files: what is written is read back, and what cannot be read is explained."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procgen_tools.worlds.maze.grid import Maze, Square, parse
from procgen_tools.worlds.maze.storage import load_mazes, mazes_from_text, mazes_to_text, save_mazes

SMALL = parse("..C\n.##\nM..", background=4)


@st.composite
def mazes(draw: st.DrawFn) -> Maze:
    size = draw(st.integers(1, 6))
    bits = draw(st.integers(0, 2 ** (size * size) - 1))
    walls = np.array([bool(bits >> place & 1) for place in range(size * size)])
    walls = walls.reshape(size, size)
    squares = st.builds(Square, st.integers(0, size - 1), st.integers(0, size - 1))
    mouse, cheese = draw(squares), draw(st.none() | squares)
    for square in (mouse, cheese):
        if square is not None:
            walls[square] = False
    return Maze(
        walls,
        mouse,
        cheese,
        draw(st.sampled_from([15, 25])),
        draw(st.none() | st.integers(0, 8)),
        draw(st.booleans()),
    )


@settings(deadline=None)
@given(st.lists(mazes(), max_size=3))
def test_mazes_come_back_as_they_were(originals: list[Maze]) -> None:
    assert mazes_from_text(mazes_to_text(originals)) == originals


@settings(deadline=None, max_examples=50)
@given(mazes(), st.data())
def test_cut_files_are_refused(maze: Maze, data: st.DataObject) -> None:
    text = mazes_to_text(maze).rstrip()
    with pytest.raises(ValueError, match="not JSON"):
        mazes_from_text(text[: data.draw(st.integers(0, len(text) - 1))])


def test_files_are_readable_and_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "mazes.json"
    save_mazes(path, SMALL)
    assert '["..C",\n                  ".##",\n                  "M.."]' in path.read_text()
    assert load_mazes(path) == [SMALL]
    save_mazes(str(path), [SMALL, SMALL])
    assert load_mazes(str(path)) == [SMALL, SMALL]
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mazes.json"
    save_mazes(path, SMALL)

    def no_space(self: Path, *args: object, **options: object) -> int:
        self.write_bytes(b"{")
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", no_space)
    with pytest.raises(OSError, match="no space"):
        save_mazes(path, [])
    assert load_mazes(path) == [SMALL]
    assert list(tmp_path.iterdir()) == [path]


def test_only_the_drawing_is_required() -> None:
    text = '{"format": "procgen-tools mazes", "version": 1, "mazes": [{"drawing": ["..", "M#"]}]}'
    assert mazes_from_text(text) == [parse("..\nM#")]


def document(**entries: object) -> str:
    record = {"drawing": ["..C", ".##", "M.."]} | entries
    good = {"drawing": ["M"]}
    return json.dumps({"format": "procgen-tools mazes", "version": 1, "mazes": [good, record]})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON .*save_mazes wrote"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a file of mazes"),
        ('{"format": "other"}', "not a file of mazes"),
        ('{"format": "procgen-tools mazes", "version": 2}', "version 2 of the format is unknown"),
        ('{"format": "procgen-tools mazes", "version": 1}', '"mazes" is None'),
        (
            '{"format": "procgen-tools mazes", "version": 1, "mazes": [3]}',
            "maze 0: it is 3: write",
        ),
        (document(drawing="..C"), "maze 1: 'drawing' is '..C': it must be of type list"),
        (document(drawing=[]), r"maze 1: 'drawing' is \[\]: it must be a list of rows"),
        (document(drawing=["..", 3]), "maze 1: 'drawing'.*list of rows"),
        (document(drawing=["..C", "M."]), "maze 1: rows of the drawing have lengths"),
        (document(drawing=["." * 27] * 27), "maze 1: a 27 x 27 maze does not fit"),
        (document(drawing=["..", "#."]), "maze 1: the mouse cannot stand at .* wall"),
        (document(background=True), "'background' is True: it must be of type int or NoneType"),
        (document(background=9), "maze 1: background 9"),
        (document(world_size=25.0), "'world_size' is 25.0: it must be of type int"),
        (document(mouse_mirrored=1), "'mouse_mirrored' is 1: it must be of type bool"),
        (document(mouse_on_cheese=True), "'mouse_on_cheese' is true and the drawing has a 'C'"),
        (document(backgroud=3), "unknown entry 'backgroud': use only drawing, world_size"),
    ],
)
def test_what_cannot_be_read_is_explained(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mazes_from_text(text)


def test_errors_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(document(background=9))
    with pytest.raises(ValueError, match=r"broken\.json: maze 1: background 9"):
        load_mazes(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"broken\.json: not a text file"):
        load_mazes(path)
    with pytest.raises(FileNotFoundError):
        load_mazes(tmp_path / "missing.json")
