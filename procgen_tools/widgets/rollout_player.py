"""Scrub through recorded episodes of one or two agents, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import traitlets

from procgen_tools.episodes.videos import side_by_side
from procgen_tools.interventions import Intervention
from procgen_tools.shown import pixels_png
from procgen_tools.web.bundle import bundle, theme
from procgen_tools.web.kits import kit_of
from procgen_tools.web.scenes import AnyLevel, scene_of
from procgen_tools.web.tracks import Episode, Track, parting, track_of
from procgen_tools.widgets.live import PicturedWidget, sentence

SLOWEST, FASTEST = 0.1, 50.0
"""Steps per second."""


class RolloutPlayer(PicturedWidget):
    """Play recorded episodes: step by step, with what the policy would do and expects.

    Two episodes of one level are shown side by side, with the first step at which they part. Space
    plays and pauses, and the arrow keys step. The trail of the player is drawn on the level.

    In a saved notebook or on a web page, the widget is a picture of the current step.

    Args:
        episodes: one or two episodes by title, from `episodes.rollouts.play` (a maze),
            `episodes.walks.sample_walk` (any level on squares), `episodes.crops.play` or
            `episodes.keys.play`.
        policies: the policies that played them, by title, or one policy for all. With a policy,
            the probabilities of the moves and the value are shown at each step. Defaults to none.
        interventions: edits that act on the policies, by title.
        time: the step to begin with.
        speed: steps per second.

    Attributes:
        time: the number of steps taken, from 0 to `last`. It can be set and observed.
        playing: whether it plays.
        speed: steps per second, from 0.1 to 50.

    Raises:
        TypeError: not an episode, or a policy that does not fit its world.
        ValueError: no episodes or more than two, episodes of different levels, a policy or an
            intervention for a title that does not exist, or a policy whose answers are not finite.

    Example:
        >>> from procgen_tools import maze, models
        >>> from procgen_tools.episodes.rollouts import play
        >>> policy, level = models.ImpalaPolicy(), maze.parse("..C\\n.##\\nM..")
        >>> one, two = (play(policy, level, seed=seed)[0] for seed in (0, 3))
        >>> player = RolloutPlayer({"seed 0": one, "seed 3": two}, policy)
        >>> player.parting
        4
        >>> player.time = player.parting
    """

    _esm = bundle("player_widget")
    _css = theme()

    time = traitlets.Int()
    playing = traitlets.Bool()
    speed = traitlets.Float()
    _kit = traitlets.Dict().tag(sync=True)
    _scene = traitlets.Dict().tag(sync=True)
    _tracks = traitlets.Dict().tag(sync=True)
    _now = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        episodes: Mapping[str, Any],
        policies: Any = None,
        interventions: Mapping[str, Intervention] | None = None,
        *,
        time: int = 0,
        speed: int | float = 5.0,
    ) -> None:
        if not 1 <= len(episodes) <= 2:
            raise ValueError(f"there are {len(episodes)} episodes: give one or two, by title")
        by_title = policies if isinstance(policies, Mapping) else dict.fromkeys(episodes, policies)
        edits = interventions or {}
        for title in (*by_title, *edits):
            if title not in episodes:
                raise ValueError(
                    f"there is no episode {title!r}: name one of {', '.join(map(repr, episodes))}"
                )
        levels = [_level_of(episode) for episode in episodes.values()]
        if any(scene_of(level) != scene_of(levels[0]) for level in levels):
            raise ValueError("the episodes are in different levels: give two of one level")
        self.episodes = dict(episodes)
        self.tracks: dict[str, Track] = {
            title: track_of(episode, by_title.get(title), edits.get(title))
            for title, episode in episodes.items()
        }
        for title, track in self.tracks.items():
            for answers in (track.chances, track.values):
                if answers is not None and not np.isfinite(answers).all():
                    raise ValueError(
                        f"the answers of the policy in {title!r} are not finite: give another "
                        "policy, or a smaller intervention"
                    )
        self._by = ""
        super().__init__(
            _kit=kit_of(levels[0]),
            _scene=scene_of(levels[0]),
            _tracks=self._written(),
            time=time,
            speed=speed,
        )
        self.observe(lambda _: self._tell(), ["time", "playing", "speed"])
        self.on_msg(self._heard)
        self._tell()

    @property
    def maze(self) -> AnyLevel:
        """The level in which the episodes begin."""
        return _level_of(next(iter(self.episodes.values())))

    @property
    def last(self) -> int:
        """The last time: the steps of the longer episode."""
        return max(track.steps for track in self.tracks.values())

    @property
    def parting(self) -> int | None:
        """The first time at which the two players are on different squares, or None."""
        return parting(list(self.tracks.values()))

    def picture(self) -> bytes:
        """A PNG of the current step, for saved notebooks and web pages."""
        return pixels_png(side_by_side(self.episodes, self.time))

    def __repr__(self) -> str:
        titles = " and ".join(self.tracks)
        return f"RolloutPlayer({titles}, step {self.time} of {self.last})"

    @traitlets.validate("time")
    def _check_time(self, proposal: Any) -> int:
        time: int = proposal["value"]
        if not 0 <= time <= self.last:
            raise ValueError(f"time {time} is not in these episodes: choose one of 0..{self.last}")
        return time

    @traitlets.validate("speed")
    def _check_speed(self, proposal: Any) -> float:
        speed: float = proposal["value"]
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(
                f"speed is {speed:g}: give {SLOWEST:g} to {FASTEST:g} steps per second"
            )
        return speed

    def _written(self) -> dict[str, Any]:
        """The tracks for the browser; see `player.js`."""
        tracks = list(self.tracks.values())
        values = [track.values for track in tracks if track.values is not None]
        numbers = np.concatenate([[0.0], *values])
        low, high = float(numbers.min()), float(numbers.max())
        return {
            "parting": self.parting,
            "limits": [low, high if high > low else low + 1.0],
            "tracks": [
                {
                    "title": title,
                    "frames": list(track.frames),
                    "squares": track.squares.tolist(),
                    "moves": list(track.moves),
                    "taken": track.taken.tolist(),
                    "outcome": track.outcome,
                    "chances": _rounded(track.chances),
                    "values": _rounded(track.values),
                }
                for title, track in self.tracks.items()
            ],
        }

    def _tell(self) -> None:
        """Show the time, the speed and whether it plays; `by` is the player that said so."""
        self._now = {
            "time": self.time,
            "playing": self.playing,
            "speed": self.speed,
            "by": self._by,
        }

    def _heard(self, _: Any, content: Mapping[str, Any], __: Any) -> None:
        """Follow what the browser does. What cannot be done is answered with a message."""
        answers: dict[str, Callable[[Any], Any]] = {"time": int, "playing": bool, "speed": float}
        kind = content.get("type")
        if not isinstance(kind, str) or kind not in answers or kind not in content:
            return
        self._by = str(content.get("by", ""))
        try:
            setattr(self, kind, answers[kind](content[kind]))
        except (OverflowError, TypeError, ValueError, traitlets.TraitError) as error:
            self._by = ""
            self._tell()  # the browser goes back to what is true
            self.send({"type": "refused", "text": sentence(error)})
        finally:
            self._by = ""


def _level_of(episode: Episode) -> Any:
    return episode.maze if hasattr(episode, "maze") else episode.level


def _rounded(numbers: np.ndarray | None) -> Any:
    return None if numbers is None else np.round(numbers, 5).tolist()
