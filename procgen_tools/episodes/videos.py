"""Videos of episodes side by side, such as those of an agent as trained and as edited::

    original = play(policy, [maze], seed=1)[0]
    with hooks.patched(policy, patches):
        edited = play(policy, [maze], seed=1)[0]
    write_video("edit.mp4", {"as trained": original, "edited": edited})

Episodes of other worlds are shown in the same way, if they have the members of `Shown`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from procgen_tools.episodes.rollouts import Rollout
from procgen_tools.files import unfinished
from procgen_tools.worlds.maze.human_view import human_view

ENDINGS = (".mp4", ".gif")

FASTEST = 50
"""Most frames per second. A GIF counts hundredths of a second, and browsers reject the shortest."""

_PAPER, _INK = "#ffffff", "#111111"
_OUTCOMES = {True: ("cheese", "#00795a"), False: ("no cheese", "#b34700")}
_MARGIN, _GAP, _SPACE = 16, 24, 8
_TITLE_HEIGHT, _TITLE_LINE, _NOTE_HEIGHT, _NOTE_LINE = 18, 24, 16, 22
_NARROWEST = 190
"""Width of a panel, in pixels, that has room for the notes below it."""


@runtime_checkable
class Shown(Protocol):
    """An episode as a video shows it. Time 0 is before the first step.

    Attributes:
        steps: the number of steps in the episode.
        world_size: episodes side by side have the same.
    """

    @property
    def steps(self) -> int: ...

    @property
    def world_size(self) -> Any: ...

    def picture(self, time: int, square_pixels: int) -> UInt8[np.ndarray, "height width 3"]:
        """The world after `time` steps."""

    def notes(self, time: int) -> tuple[str, str, str]:
        """What is written below the picture: on the left, on the right, and the latter's colour."""


Episode: TypeAlias = Rollout | Shown


def write_video(
    path: str | os.PathLike[str],
    rollouts: Mapping[str, Episode],
    *,
    frames_per_second: int | float = 5,
    square_pixels: int = 24,
    last_seconds: int | float = 2,
    max_steps: int | None = None,
) -> None:
    """Write a video of episodes side by side.

    All episodes start together, and each shows its last picture after it has ended. An existing
    file is replaced atomically, and missing folders are created.

    Args:
        path: file name ending in .mp4 (H.264, widely supported) or .gif (256 colours, larger).
        rollouts: episodes by title, all of one world size.
        frames_per_second: number of steps shown per second, up to 50.
        square_pixels: side of a square in pixels. Objects are recognisable from 12 on.
        last_seconds: duration of the last picture in seconds.
        max_steps: cut the video after this many steps, because a lost agent may wander for
            hundreds. A longer episode is then marked "goes on". Defaults to the whole episodes.

    Raises:
        ValueError: an unknown ending, no rollouts, worlds of different sizes, or a number out of
            range.
        OSError: the file cannot be written.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.episodes.rollouts import play
        >>> policy = models.load_policy("rand_region_5")
        >>> episode = play(policy, maze.parse("..C\\n.##\\nM.."), seed=0)[0]
        >>> write_video("episode.gif", {"as trained": episode}, max_steps=3)
        >>> Path("episode.gif").exists()
        True
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise ValueError(
            f"{os.fspath(path)!r} is not the name of a video: end it in {' or '.join(ENDINGS)}"
        )
    if not 0.1 <= frames_per_second <= FASTEST:
        raise ValueError(
            f"frames_per_second is {frames_per_second}: give a number from 0.1 to {FASTEST}"
        )
    if not 0 <= last_seconds <= 60:
        raise ValueError(f"last_seconds is {last_seconds}: give a number of seconds, 0 to 60")
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"max_steps is {max_steps}: show at least one step, or pass None")
    stage = _Stage(rollouts, square_pixels, max_steps)
    write = _write_mp4 if ending == ".mp4" else _write_gif
    with unfinished(path) as temporary:
        write(temporary, stage, frames_per_second, last_seconds)


def side_by_side(
    rollouts: Mapping[str, Episode], time: int, *, square_pixels: int = 24
) -> UInt8[np.ndarray, "height width 3"]:
    """One picture of `write_video`: each episode after `time` steps, or at its end.

    Raises:
        ValueError: no rollouts, worlds of different sizes, or a negative time.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.episodes.rollouts import play
        >>> policy = models.load_policy("rand_region_5")
        >>> episode = play(policy, maze.parse("..C\\n.##\\nM.."), seed=0)[0]
        >>> side_by_side({"start": episode, "again": episode}, 0, square_pixels=12).shape
        (130, 436, 3)
    """
    if time < 0:
        raise ValueError(f"time is {time}: episodes start at time 0, so give 0 or more")
    return _Stage(rollouts, square_pixels).picture(time)


class _Stage:
    """The layout of the pictures of one video."""

    def __init__(
        self, rollouts: Mapping[str, Episode], square_pixels: int, max_steps: int | None = None
    ) -> None:
        shown = {title: _shown(rollout) for title, rollout in rollouts.items()}
        worlds = sorted({episode.world_size for episode in shown.values()}, key=str)
        if len(worlds) != 1:
            raise ValueError(
                f"the rollouts are in worlds of sizes {worlds}: give rollouts of one world size"
                if rollouts
                else "there are no rollouts to show: give one or more, by title"
            )
        self._panels = [_Panel(*item, square_pixels) for item in shown.items()]
        self.last_time = max(episode.steps for episode in shown.values())
        self._cut = max_steps is not None and max_steps < self.last_time
        if max_steps is not None:
            self.last_time = min(self.last_time, max_steps)
        self._titles = max(len(panel.title) for panel in self._panels) * _TITLE_LINE
        self._height = max(panel.height for panel in self._panels)
        widths = sum(panel.width for panel in self._panels) + _GAP * (len(self._panels) - 1)
        height = self._titles + _SPACE + self._height + _SPACE + _NOTE_LINE
        # H.264 halves the resolution of colours, so both sides must be even.
        self._size = (_even(widths + 2 * _MARGIN), _even(height + 2 * _MARGIN))

    def picture(self, time: int) -> UInt8[np.ndarray, "height width 3"]:
        """All panels, each after `time` steps or at its end."""
        image = Image.new("RGB", self._size, _PAPER)
        draw = ImageDraw.Draw(image)
        left = _MARGIN
        for panel in self._panels:
            top = _MARGIN + self._titles
            centre = left + panel.width // 2
            for line, words in enumerate(reversed(panel.title)):
                draw.text(
                    (centre, top - line * _TITLE_LINE), words, _INK, _font(_TITLE_HEIGHT), "md"
                )
            top += _SPACE
            corner = (centre - panel.breadth // 2, top + (self._height - panel.height) // 2)
            image.paste(Image.fromarray(panel.picture(time)), corner)
            foot = top + self._height + _SPACE + _NOTE_LINE
            now, words, colour = panel.episode.notes(min(time, panel.episode.steps))
            draw.text((left, foot), now, _INK, _font(_NOTE_HEIGHT, "DejaVuSans"), "ld")
            if self._cut and time == self.last_time < panel.episode.steps:
                words, colour = "goes on", _INK
            draw.text((left + panel.width, foot), words, colour, _font(_NOTE_HEIGHT), "rd")
            left += panel.width + _GAP
        return np.asarray(image)

    def pictures(self) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
        """The pictures of all times, from 0 on."""
        return (self.picture(time) for time in range(self.last_time + 1))


class _Panel:
    """An episode and its title, which is wrapped to the width of the picture."""

    def __init__(self, title: str, episode: Shown, square_pixels: int) -> None:
        self.episode = episode
        self.height, self.breadth = episode.picture(0, square_pixels).shape[:2]
        self.title, self.width = _lines(title, max(self.breadth, _NARROWEST))
        self._square_pixels = square_pixels

    def picture(self, time: int) -> UInt8[np.ndarray, "height width 3"]:
        """The world after `time` steps, or at the end."""
        return self.episode.picture(min(time, self.episode.steps), self._square_pixels)


class _MazeEpisode:
    """An episode in a maze, as `Shown`."""

    def __init__(self, rollout: Rollout) -> None:
        self._rollout = rollout
        self.steps, self.world_size = rollout.steps, rollout.maze.world_size
        self._pictures: dict[Any, np.ndarray] = {}

    def picture(self, time: int, square_pixels: int) -> UInt8[np.ndarray, "height width 3"]:
        """The maze after `time` steps. Cached, because lost mice revisit squares."""
        maze = self._rollout.maze_at(time)
        if maze not in self._pictures:
            self._pictures[maze] = human_view(maze, square_pixels=square_pixels)
        return self._pictures[maze]

    def notes(self, time: int) -> tuple[str, str, str]:
        """The step, and at the end whether the cheese was reached."""
        outcome = _OUTCOMES[self._rollout.found] if time == self.steps else ("", _INK)
        return f"step {time}", *outcome


def _shown(episode: Episode) -> Shown:
    return _MazeEpisode(episode) if isinstance(episode, Rollout) else episode


def _lines(title: str, width: int) -> tuple[list[str], int]:
    """Wrap a title into lines of at most `width` pixels.

    Returns:
        The lines, and `width` or the width of the longest word, whichever is larger.
    """
    length = _font(_TITLE_HEIGHT).getlength
    lines: list[str] = []
    for word in title.split():
        if lines and length(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines, max([width, *(int(np.ceil(length(line))) for line in lines)])


def _write_mp4(
    path: Path, stage: _Stage, frames_per_second: int | float, last_seconds: int | float
) -> None:
    ffmpeg = _ffmpeg()
    height, width, _ = stage.picture(0).shape
    video = ffmpeg.write_frames(
        str(path),
        (width, height),
        fps=frames_per_second,
        codec="libx264",
        quality=8,
        macro_block_size=1,
        ffmpeg_log_level="error",
        ffmpeg_timeout=0,  # otherwise ffmpeg is killed after some seconds and the file is broken
        output_params=["-f", "mp4"],  # the temporary file name does not imply the format
    )
    video.send(None)
    written = 0
    try:
        for picture in stage.pictures():
            video.send(np.ascontiguousarray(picture))
            written += 1
        for _ in range(max(1, round(last_seconds * frames_per_second)) - 1):
            video.send(np.ascontiguousarray(picture))
            written += 1
    finally:
        video.close()
    # imageio does not report a failure at the end.
    if not path.exists() or ffmpeg.count_frames_and_secs(str(path))[0] != written:
        raise OSError("ffmpeg did not write the whole video: is the disk full?")


def _write_gif(
    path: Path, stage: _Stage, frames_per_second: int | float, last_seconds: int | float
) -> None:
    # One palette for all pictures avoids flicker. MAXCOVERAGE keeps the rare colours (cheese,
    # mouse, outcomes), which most other methods drop.
    ends = np.concatenate([stage.picture(0), stage.picture(stage.last_time)])
    palette = Image.fromarray(ends).quantize(256, Image.Quantize.MAXCOVERAGE)
    first, *rest = (
        Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)
        for picture in stage.pictures()
    )
    duration = round(1000 / frames_per_second)
    durations = [duration] * stage.last_time + [max(duration, round(1000 * last_seconds))]
    first.save(path, format="GIF", save_all=True, append_images=rest, duration=durations, loop=0)


def _ffmpeg() -> Any:
    """imageio-ffmpeg, without the warnings of its older versions, which procgen requires."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import imageio_ffmpeg

    return imageio_ffmpeg


@cache
def _font(height: int, name: str = "DejaVuSans-Bold") -> ImageFont.FreeTypeFont:
    """A font bundled with matplotlib, which looks the same on every machine."""
    import matplotlib

    return ImageFont.truetype(
        Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"), height
    )


def _even(number: int) -> int:
    return number + number % 2
