"""Videos show the pictures that were drawn, and these show the episodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, ImageColor

from procgen_tools.episodes import videos
from procgen_tools.episodes.rollouts import Rollout
from procgen_tools.episodes.videos import side_by_side, write_video
from procgen_tools.worlds.maze.grid import LEFT, Maze, Square, parse
from procgen_tools.worlds.maze.human_view import human_view

SIDE = 16
GREEN, RED = (ImageColor.getrgb(colour) for colour in ("#00795a", "#b34700"))
MAZE = parse("....C\n.####\n.....\n.#.#.\nM..#.", world_size=15, background=2)


def walk(maze: Maze, moves: list[int], actions: list[int], found: bool) -> Rollout:
    squares = [maze.mouse]
    for move in moves:
        squares.append(maze.neighbour(squares[-1], move))
    return Rollout(
        maze,
        np.array(squares, np.int64),
        np.zeros(len(squares), bool),
        np.array(actions, np.uint8),
        found,
    )


FINDS = walk(MAZE, [2] * 4 + [1] * 4, [5] * 4 + [7] * 4, True)
FAILS = walk(MAZE, [2] * 4 + [LEFT] * 8, [5] * 4 + [1] * 8, False)
BOTH = {"as trained": FINDS, "with an edit": FAILS}


def read(path: Path) -> tuple[list[np.ndarray], float]:
    """All pictures of a video, and its length in seconds."""
    if path.suffix.lower() == ".gif":
        with Image.open(path) as gif:
            pictures, milliseconds = [], 0
            for index in range(gif.n_frames):
                gif.seek(index)
                pictures.append(np.asarray(gif.convert("RGB")))
                milliseconds += gif.info["duration"]
        return pictures, milliseconds / 1000
    ffmpeg = videos._ffmpeg()
    reader = ffmpeg.read_frames(str(path))
    about = next(reader)
    width, height = about["size"]
    pictures = [np.frombuffer(data, np.uint8).reshape(height, width, 3) for data in reader]
    return pictures, len(pictures) / about["fps"]


def test_mp4_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "new" / "walks.mp4"
    write_video(path, BOTH, frames_per_second=4, square_pixels=SIDE, last_seconds=1)
    pictures, seconds = read(path)
    assert len(pictures) == 12 + 4  # times 0 to 12, the last one for a second
    assert seconds == 4
    for index, picture in enumerate(pictures):
        drawn = side_by_side(BOTH, index, square_pixels=SIDE)
        assert picture.shape == drawn.shape
        assert np.abs(picture.astype(int) - drawn).mean() < 3
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_gif_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "walks.GIF"
    write_video(path, BOTH, frames_per_second=4, square_pixels=SIDE, last_seconds=1)
    pictures, seconds = read(path)
    assert (len(pictures), seconds) == (13, 12 * 0.25 + 1)
    for index, picture in enumerate(pictures):
        drawn = side_by_side(BOTH, index, square_pixels=SIDE)
        assert picture.shape == drawn.shape
        assert np.abs(picture.astype(int) - drawn).max() < 32  # rare colours are there, too


def places(picture: np.ndarray, part: np.ndarray) -> list[tuple[int, int]]:
    """(row, column) of the pixels at which `part` occurs in `picture`."""
    rows, cols, _ = part.shape
    first = sliding_window_view(picture[..., 0], (1, cols))[:, :, 0]
    candidates = np.argwhere((first == part[0, :, 0]).all(axis=-1)).tolist()
    return [
        (y, x) for y, x in candidates if np.array_equal(picture[y : y + rows, x : x + cols], part)
    ]


def test_each_episode_is_shown_until_it_ends() -> None:
    for time in range(13):
        picture = side_by_side(BOTH, time, square_pixels=SIDE)
        (left, right) = (
            places(
                picture, human_view(rollout.maze_at(min(time, rollout.steps)), square_pixels=SIDE)
            )
            for rollout in (FINDS, FAILS)
        )
        assert len(left) == len(right) == (2 if time <= 4 else 1)
        assert left[0] < right[-1]


def shows(picture: np.ndarray, colour: tuple[int, ...]) -> bool:
    return bool((picture == colour).all(axis=-1).any())


def test_the_outcome_is_told_at_the_end() -> None:
    first, found, all_over = (side_by_side(BOTH, time, square_pixels=SIDE) for time in (7, 8, 12))
    assert [shows(picture, GREEN) for picture in (first, found, all_over)] == [False, True, True]
    assert [shows(picture, RED) for picture in (first, found, all_over)] == [False, False, True]
    middle = all_over.shape[1] // 2
    assert shows(all_over[:, :middle], GREEN)
    assert shows(all_over[:, middle:], RED)
    later = side_by_side(BOTH, 40, square_pixels=SIDE)
    assert np.array_equal(later, all_over)


@pytest.mark.parametrize(
    "titles",
    [
        ("", "b"),
        ("cheese vector subtracted at every step, twice", "as trained"),
        ("embedder.block2.res1.resadd_out.without.a.blank", "y"),
    ],
)
def test_titles_have_room(titles: tuple[str, str]) -> None:
    """The edge of the picture stays white, and no text covers the mazes."""
    picture = side_by_side(dict(zip(titles, (FINDS, FAILS), strict=True)), 2, square_pixels=SIDE)
    edge = np.concatenate([picture[:12], picture[-12:]], axis=1), picture[:, :12], picture[:, -12:]
    assert all((part == 255).all() for part in edge)
    assert len(places(picture, human_view(FINDS.maze_at(2), square_pixels=SIDE))) == 2
    assert picture.shape[0] % 2 == picture.shape[1] % 2 == 0


def test_mazes_of_different_sizes() -> None:
    small = parse("C..\n.#.\nM..", world_size=15)
    tiny = walk(small, [2, 2], [5, 5], True)
    picture = side_by_side({"large": FINDS, "small": tiny}, 1, square_pixels=SIDE)
    for rollout in (FINDS, tiny):
        assert len(places(picture, human_view(rollout.maze_at(1), square_pixels=SIDE))) == 1


def test_bad_input(tmp_path: Path) -> None:
    hard = walk(parse("C..\n.#.\nM..", world_size=25), [2], [5], False)
    for name in ("walk.avi", "walk"):
        with pytest.raises(ValueError, match=r"end it in .mp4 or .gif"):
            write_video(tmp_path / name, BOTH)
    with pytest.raises(ValueError, match="no rollouts"):
        write_video(tmp_path / "walk.mp4", {})
    with pytest.raises(ValueError, match=r"worlds of sizes \[15, 25\]"):
        write_video(tmp_path / "walk.mp4", {"easy": FINDS, "hard": hard})
    with pytest.raises(ValueError, match="frames_per_second is 0"):
        write_video(tmp_path / "walk.gif", BOTH, frames_per_second=0)
    with pytest.raises(ValueError, match="last_seconds is -1"):
        write_video(tmp_path / "walk.gif", BOTH, last_seconds=-1)
    with pytest.raises(ValueError, match="at least one pixel per square"):
        write_video(tmp_path / "walk.gif", BOTH, square_pixels=0)
    with pytest.raises(ValueError, match="time is -1"):
        side_by_side(BOTH, -1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["walk.mp4", "walk.gif"])
def test_an_error_leaves_the_older_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("older")

    def fails_at_the_top(maze: Maze, *, square_pixels: int) -> np.ndarray:
        if maze.mouse == Square(4, 0):
            raise MemoryError("no more")
        return human_view(maze, square_pixels=square_pixels)

    monkeypatch.setattr(videos, "human_view", fails_at_the_top)
    with pytest.raises(MemoryError):
        write_video(tmp_path / name, {"finds": FINDS}, square_pixels=SIDE)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(name, "older")]


def test_a_video_may_stop_before_its_episodes(tmp_path: Path) -> None:
    path = tmp_path / "walks.gif"
    write_video(path, BOTH, square_pixels=SIDE, max_steps=9)
    pictures, _ = read(path)
    assert len(pictures) == 10
    last = side_by_side(BOTH, 9, square_pixels=SIDE)
    half = last.shape[1] // 2
    moved = np.abs(pictures[-1].astype(int) - last).max(axis=(0, 2)) > 64
    assert not moved[:half].any(), "the one that ended says how"
    assert moved[half:].any(), "the other says that it goes on"
    write_video(path, BOTH, square_pixels=SIDE, max_steps=500)
    assert len(read(path)[0]) == 13
    with pytest.raises(ValueError, match="max_steps is 0: show at least one step"):
        write_video(path, BOTH, max_steps=0)
