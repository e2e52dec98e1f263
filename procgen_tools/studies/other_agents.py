"""Results of studies for other agents than ours, of other worlds and trainers.

They are kept in experiments/other_agents, by group of agents and study. scripts/other_agents.py
measures them.
"""

from __future__ import annotations

from pathlib import Path

from procgen_tools.studies.base import Claim
from procgen_tools.studies.results import FOLDER, RESULTS, read_claims

OTHERS = FOLDER.parent / "other_agents"
"""Results by group and study."""

PUBLIC, UNTRAINED, EASY = "public_ppo", "untrained", "easy_imitators"
"""Groups in easy worlds: the public PPO agent, an untrained network of its size, and our imitators.
"""

UNTRAINED_HARD = "untrained_hard"
"""Untrained networks in hard worlds, where our agents are measured: the null of their claims."""

SMALL, SMALL_UNTRAINED = "small_agents", "small_untrained"
"""Groups in mazes of up to 7 x 7 squares: imitators and agents of PPO, and an untrained network."""


def results_of(group: str, study: str) -> Path:
    """The file with the results of a study for a group of agents."""
    return OTHERS / group / study / RESULTS


def claims_of(group: str, study: str) -> dict[str, Claim]:
    """The kept claims of a study for a group of agents, by statement; none if it was not measured.

    Raises:
        ValueError: the results cannot be read; see `results.read_claims`.

    Example:
        >>> len(claims_of("public_ppo", "cheese_vector"))
        7
        >>> claims_of("public_ppo", "crops_and_humans")
        {}
    """
    path = results_of(group, study)
    kept = read_claims(path)[1] if path.exists() else ()
    return {claim.statement: claim for claim in kept}
