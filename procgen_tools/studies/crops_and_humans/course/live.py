"""Mazes that a learner edits while a network walks through them, in the notebook itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int8

from procgen_tools import crops_and_humans
from procgen_tools.checks import whole_number
from procgen_tools.files import unfinished
from procgen_tools.models import QNetwork, load_q_network
from procgen_tools.page.crops_page import AGENT, CONTROL, LABELS, crops_document
from procgen_tools.page.frame import frame_of
from procgen_tools.shown import figure_png
from procgen_tools.studies.crops_and_humans.course.pictures import draw_mazes
from procgen_tools.worlds.crops_and_humans import walks

MAZES = 24
"""The largest number of mazes of a set."""
DRAWN = 2
TITLE = "Mazes to try: click on walls, drag crops, humans, the exit and the agent"
STORED = "Run this cell to edit mazes,\nand to see the Qs and the walk change."


@dataclass(frozen=True)
class LivePage:
    """Mazes to edit, which a notebook shows in a frame. Nothing is fetched, and no server runs.

    Attributes:
        document: the whole page, as HTML.
        picture: what is shown where the page cannot be: some mazes with walks, a PNG.
    """

    document: str
    picture: bytes

    def __repr__(self) -> str:
        return f"LivePage({len(self.document) / 1e6:.1f} MB): {TITLE}"

    def _repr_html_(self) -> str:
        return frame_of(self.document, TITLE, STORED)

    def _repr_png_(self) -> bytes:
        return self.picture

    def write(self, path: Path) -> None:
        """Write the page to a file, which any browser opens."""
        with unfinished(path) as temporary:
            temporary.write_text(self.document, encoding="utf-8")


def try_mazes(
    agents: QNetwork | Mapping[str, QNetwork] | None = None,
    mazes: crops_and_humans.Mazes | Mapping[str, crops_and_humans.Mazes] | None = None,
    *,
    seed: int = 0,
) -> LivePage:
    """Mazes to edit in the notebook. The Qs and the walk follow every click.

    Args:
        agents: a network, or several by name. Defaults to the agent that comes with the course and
            a control.
        mazes: (maze, 7, 7) codes, or several such sets by name. A set without a maze is left out,
            and of a large one 24 mazes are chosen. Defaults to the training mazes.
        seed: of the choice of mazes.

    Raises:
        TypeError: an agent is not a `QNetwork`.
        ValueError: no agent or no maze, mazes of another shape, a network with layers of other
            shapes or with parameters that are not finite, or a negative seed.

    Example:
        >>> try_mazes(QNetwork(width=8))
        LivePage(0.1 MB): Mazes to try: click on walls, drag crops, humans, the exit and the agent
    """
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    if agents is None:
        agents = dict(zip(LABELS, map(load_q_network, (AGENT, CONTROL)), strict=True))
    if mazes is None:
        mazes = {"training": crops_and_humans.training_mazes()}
    networks = agents if isinstance(agents, Mapping) else {"your agent": agents}
    sets = mazes if isinstance(mazes, Mapping) else {"given": mazes}
    for name, each in sets.items():
        if each.ndim != 3 or each.shape[1:] != (crops_and_humans.SIZE, crops_and_humans.SIZE):
            raise ValueError(
                f"the mazes {name!r} have shape {each.shape}: give (maze, 7, 7); one maze needs "
                "[None]"
            )
    chosen = {name: _some(each, rng) for name, each in sets.items() if len(each)}
    document = crops_document(networks, chosen)
    first = next(iter(chosen.values()))[:DRAWN]
    positions = walks.play(walks.greedy(next(iter(networks.values()))), first).positions
    figure = draw_mazes(first, walks=positions)
    figure.supxlabel(STORED, fontsize=9)
    return LivePage(document, figure_png(figure, dpi=100))


def _some(
    mazes: crops_and_humans.Mazes, rng: np.random.Generator
) -> Int8[np.ndarray, "chosen 7 7"]:
    if len(mazes) <= MAZES:
        return mazes
    return mazes[rng.choice(len(mazes), MAZES, replace=False)]
