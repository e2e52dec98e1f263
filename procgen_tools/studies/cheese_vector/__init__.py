"""The cheese vector: subtracting what the cheese adds to an activation makes agents ignore it.

What the vector takes away is compared with what taking the cheese itself away does.

After Turner et al. (2023), "Understanding and controlling a maze-solving policy network".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procgen_tools.interventions import cheese_vector
from procgen_tools.studies.base import Findings, Settings, decision_levels
from procgen_tools.studies.cheese_vector.claims import all_claims
from procgen_tools.studies.cheese_vector.measure import SUBTRACTED, donors, edits, floor
from procgen_tools.studies.vectors import VectorStudy, draw_vector

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "cheese_vector"
TITLE = "The cheese vector"
MAZES = 100


def run(settings: Settings) -> Findings:
    """Measure every published claim about the cheese vector, with controls."""
    kind = "with a decision square"
    study = VectorStudy(
        NAME, MAZES, decision_levels, kind, donors, edits, cheese_vector, -1.0, all_claims, floor
    )
    return study.run(settings)


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: the decision before and after, the dose–response, and the controls."""
    names = {SUBTRACTED: "cheese vector subtracted"}
    effects = findings.tables["effects"]
    return draw_vector(effects, "cheese vector", names, ("cheese", "top_right", "other"))
