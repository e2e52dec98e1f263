"""What becomes of an episode in one maze."""

from __future__ import annotations

from procgen_tools.chains import chances, decision
from procgen_tools.models import ImpalaPolicy
from procgen_tools.vfield import vector_field
from procgen_tools.worlds.maze.grid import CORNER_REGION, EPISODE_STEPS, Maze


def outcome(policy: ImpalaPolicy, maze: Maze) -> dict[str, float | int | None]:
    """What becomes of an episode in a maze, in exact chances that sum to 1, and its decision.

    Keys: size (of the maze); cheese (it gets the cheese within procgen's 500 steps),
    top_right_only (it visits the top-right 5 x 5 and never gets the cheese), neither;
    decision_cheese, decision_top_right and decision_other, the moves at the decision square by
    where they lead, None without one.
    """
    field = vector_field(maze, policy)
    exact = chances(field, step_limit=EPISODE_STEPS, corner_region=CORNER_REGION)
    moves = decision(field)
    return {
        "size": maze.size,
        "cheese": exact.cheese,
        "top_right_only": max(1 - exact.cheese - exact.neither, 0.0),
        "neither": exact.neither,
        **{
            f"decision_{name}": None if moves is None else float(getattr(moves, name))
            for name in ("cheese", "top_right", "other")
        },
    }
