"""Attribution: do gradients name the squares and channels that a decision really depends on?

Integrated gradients and saliency (by captum) of the log-odds of turning to the cheese, with the
mouse at the decision square, compared with what happens when each square or channel changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from scipy.stats import rankdata

from procgen_tools.interventions import activations_of, observe
from procgen_tools.models import ImpalaPolicy
from procgen_tools.plots.style import set_aside
from procgen_tools.statistics.tables import Parts, where
from procgen_tools.studies.attribution.claims import all_claims
from procgen_tools.studies.attribution.figures import (
    plot_agreement,
    plot_channel_effects,
    plot_square_maps,
)
from procgen_tools.studies.attribution.measure import (
    by_square,
    effects_of_channels,
    effects_of_squares,
    integrated_gradients,
    log_odds,
    saliency,
)
from procgen_tools.studies.base import LAYER, Findings, Settings, decision_levels, first_levels
from procgen_tools.studies.measuring import every_maze
from procgen_tools.studies.value_head.measure import correlation
from procgen_tools.worlds.maze.edit import move_mouse, remove_cheese
from procgen_tools.worlds.maze.grid import Maze
from procgen_tools.worlds.maze.levels import make_level
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "attribution"
TITLE = "Attribution against real changes"
MAZES = 40

STEPS, STEPS_FROM_BLACK = 64, 512
"""Points of the integrals: on the way from black the answer jumps, and needs more."""
METHODS = {"black": "integrated gradients, black baseline", "saliency": "saliency"}
"""What squares are ranked by, by column, in words."""


def at_decision(maze: Maze) -> Maze:
    """The maze with its mouse at the decision square.

    Raises:
        ValueError: a maze without one.
    """
    square = decision_square(maze)
    if square is None:
        raise ValueError("this maze has no decision square: choose one where the ways part")
    return move_mouse(maze, square)


def run(settings: Settings) -> Findings:
    """Attribute decisions to squares and channels, and change each of them for real."""
    settings.no_seed(NAME)
    agents = settings.load_agents()
    levels = decision_levels(settings.count(MAZES, fast=2), settings.rule)
    from_black = STEPS if settings.fast else STEPS_FROM_BLACK
    parts = Parts()
    for name, policy, maze in every_maze(agents, levels, progress_bar=settings.progress_bar):
        table, of_channels, errors = _attribute(policy, at_decision(maze), from_black)
        row = {**name, "size": maze.size, **errors, **_scores(table, of_channels)}
        parts.add("scores", [row])
        parts.add("squares", table, **name)
        parts.add("channels", of_channels, **name)
    tables = parts.tables()
    return Findings(
        experiment=NAME,
        scope=settings.scope(MAZES),
        mazes=f"{first_levels(levels)}, cheese anywhere, the mouse at the decision square",
        agents=tuple(agents),
        claims=all_claims(tables["scores"]),
        tables=tables,
        rule=settings.rule,
    )


def _attribute(
    policy: ImpalaPolicy, maze: Maze, from_black: int
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
    """Squares, channels, and the errors of integration."""
    assert maze.cheese is not None
    moves = nearer_moves(maze, maze.cheese)[maze.mouse]
    pair = [maze, remove_cheese(maze)]
    question = log_odds(policy, moves)
    given, without = observe(pair)
    black = integrated_gradients(question, given, torch.zeros_like(given), steps=from_black)
    no_cheese = integrated_gradients(question, given, without, steps=STEPS)
    rows, cols = np.indices((maze.size, maze.size))
    squares = pd.DataFrame(
        {
            "row": rows.ravel(),
            "col": cols.ravel(),
            "is_cheese": [(row, col) == maze.cheese for row, col in np.ndindex(rows.shape)],
            "real": effects_of_squares(question, maze).ravel(),
            "black": by_square(black.values, maze).ravel(),
            "no_cheese": by_square(no_cheese.values, maze).ravel(),
            "saliency": by_square(saliency(question, given), maze).ravel(),
        }
    )
    asked = log_odds(policy, moves, after=LAYER)
    activation, baseline = activations_of(policy, pair, LAYER)
    of_layer = integrated_gradients(asked, activation, baseline, steps=STEPS)
    channels = pd.DataFrame(
        {
            "channel": np.arange(len(activation)),
            "real": effects_of_channels(asked, activation, baseline),
            "attributed": of_layer.values.sum(dim=(1, 2)).double().cpu().numpy(),
        }
    )
    errors = {
        "error_black": black.error,
        "error_no_cheese": no_cheese.error,
        "error_layer": of_layer.error,
        "effect_of_cheese": no_cheese.difference,
    }
    return squares, channels, errors


def _scores(squares: pd.DataFrame, channels: pd.DataFrame) -> dict[str, Any]:
    """How well attributions agree with real changes in one maze."""
    known = squares.dropna()
    real = known["real"].abs().to_numpy()
    scores: dict[str, Any] = {"cheese_rank_real": _rank(known, real)}
    for method in METHODS:
        given = known[method].abs().to_numpy()
        scores[f"agreement_{method}"] = correlation(rankdata(given), rankdata(real))
        scores[f"same_top_{method}"] = float(given.argmax() == real.argmax())
        scores[f"cheese_rank_{method}"] = _rank(known, given)
    attributed, effect = channels["attributed"].to_numpy(), channels["real"].to_numpy()
    return {**scores, "channels": correlation(attributed, effect)}


def _rank(squares: pd.DataFrame, numbers: Float[np.ndarray, " square"]) -> float:
    """The cheese's place among the squares by these numbers: 1 for the largest."""
    return float(rankdata(-numbers, method="min")[squares["is_cheese"].to_numpy()][0])


def draw(findings: Findings) -> dict[str, Figure]:
    """Pictures: attributions of one maze, agreement by agent, and channels."""
    squares = findings.tables["squares"]
    agent = findings.agents[0]
    # The maze of middling size shows most.
    sizes = findings.tables["scores"].set_index("level")["size"]
    seed = int((sizes - 0.6 * findings.rule.largest).abs().idxmin())
    one = where(squares, agent=agent, level=seed)
    level = make_level(seed, findings.rule)
    figures = {
        "maps": plot_square_maps(
            one, at_decision(level), title=f"One maze (level {seed}), agent {agent}"
        ),
        "agreement": plot_agreement(findings.tables["scores"]),
        "channels": plot_channel_effects(findings.tables["channels"]),
    }
    return set_aside(figures)
