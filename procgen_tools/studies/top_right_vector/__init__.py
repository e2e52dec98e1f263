"""The top-right vector: adding what a longer way to the top right adds draws agents there.

After Turner et al. (2023), "Understanding and controlling a maze-solving policy network".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procgen_tools.interventions import top_right_vector
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.top_right_vector.claims import all_claims
from procgen_tools.studies.top_right_vector.measure import (
    ADDED,
    SUBTRACTED,
    donors,
    edits,
    levels_with_margin,
)
from procgen_tools.studies.vectors import VectorStudy, draw_vector

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "top_right_vector"
TITLE = "The top-right vector"
MAZES = 100


def run(settings: Settings) -> Findings:
    """Measure every published claim about the top-right vector, with controls."""
    kind = "with a decision square and a margin"
    study = VectorStudy(
        NAME, MAZES, levels_with_margin, kind, donors, edits, top_right_vector, 1.0, all_claims
    )
    return study.run(settings)


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the decision before and after, the dose–response, composition and controls."""
    names = {ADDED: "top-right vector added", SUBTRACTED: "top-right vector subtracted"}
    effects = findings.tables["effects"]
    return draw_vector(effects, "top-right vector", names, ("top_right", "cheese", "other"))
