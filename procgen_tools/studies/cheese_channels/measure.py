"""Which channels of an activation carry the cheese's position: found by a rule, not by eye.

    found = find_cheese_channels(policy)
    found.channels, found.table

The mouse stands at the decision square, and the cheese is moved while all else is kept. A channel
is a cheese channel if what it shows moves with the cheese, and if the agent listens to it:

- *follows*: the change that the cheese makes in the channel, lined up at the cheese's cell and
  averaged over some mazes, is one picture. In other mazes the picture, put where the cheese is,
  must explain the change better than the same pictures put where it is not.
- *evidence*: the log odds of turning to the cheese that are lost when the channel alone is taken
  from the same maze with the cheese on another way. In other mazes it must be more than an even
  share of what is lost when all channels are taken from there.

Channels that look good in a third of the mazes are tested in the other two thirds, with a bound on
the share of false discoveries among those that pass. The tests share mazes, and nobody knows how
they depend on each other, so the bound is that of Benjamini and Yekutieli (2001; see
`statistics.discoveries`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from scipy.stats import permutation_test
from tqdm import tqdm

from procgen_tools.hooks import canonical
from procgen_tools.interventions import activations_of, square_cells
from procgen_tools.models.impala import ImpalaPolicy
from procgen_tools.shown import brief
from procgen_tools.statistics.discoveries import RATE, adjusted
from procgen_tools.studies.base import LAYER
from procgen_tools.worlds.maze.edit import move_cheese, move_mouse, remove_cheese
from procgen_tools.worlds.maze.grid import START, Maze, Square
from procgen_tools.worlds.maze.levels import LevelRule, make_level
from procgen_tools.worlds.maze.moves import move_log_probabilities
from procgen_tools.worlds.maze.paths import decision_square, nearer_moves
from procgen_tools.worlds.maze.sampling import find_seeds

SEARCHED = (1000, 2**20)
"""Level seeds to search: none that agents were trained on, nor the first, which experiments use."""

_PLACES = 4
"""How many other squares the cheese is moved to in each maze."""

_RADIUS = 4
"""Cells on each side of the cheese's that the picture covers."""

_SHUFFLES = 9999


@dataclass(frozen=True, eq=False)
class CheeseChannels:
    """The channels that carry the cheese's position, and what every channel did.

    Attributes:
        layer: the activation.
        channels: the cheese channels, those with the most evidence first.
        table: one row per channel, those with the most evidence in the first mazes first.
            Columns: channel; first_follows and first_evidence (in the mazes that chose the
            candidates); candidate; follows (share of the change's variance that the picture
            explains) and follows_p; evidence (mean log odds lost), share (of what all channels
            together lose) and evidence_p; drop (of P(towards the cheese)); q (the false discovery
            rate at which it passes, NaN for no candidate); found.
        pictures: (channel, row, col) the mean change around the cheese, whose cell is in the
            middle; row 0 is the top.
        lost: mean log odds lost, and probability, when all channels are taken from elsewhere.
    """

    layer: str
    channels: tuple[int, ...]
    table: pd.DataFrame
    pictures: Float[np.ndarray, "channel row col"]
    lost: tuple[float, float]

    __repr__ = brief

    @property
    def ranking(self) -> tuple[int, ...]:
        """All channels by their evidence in the mazes that chose the candidates, most first."""
        return tuple(self.table["channel"].tolist())


@dataclass(frozen=True, eq=False)
class Response:
    """What moving the cheese does in one maze, the mouse at its decision square.

    Attributes:
        cells: (place,) the cell of the cheese, at its own square first and then elsewhere.
        changes: (place, channel, row, col) the activation with the cheese there minus without.
        evidence, drops: (channel,) log odds and probability of turning to the cheese that are lost
            when the channel is taken from the maze with the cheese elsewhere; mean over places.
        all_evidence, all_drops: the same of all channels together.
    """

    cells: Int[np.ndarray, "place row_col"]
    changes: Float[np.ndarray, "place channel row col"]
    evidence: Float[np.ndarray, " channel"]
    drops: Float[np.ndarray, " channel"]
    all_evidence: float
    all_drops: float

    __repr__ = brief


def find_cheese_channels(
    policy: ImpalaPolicy,
    *,
    layer: str = LAYER,
    seed: int = 0,
    mazes: int = 240,
    rule: LevelRule | None = None,
    progress_bar: bool = False,
) -> CheeseChannels:
    """Find the channels that carry the cheese's position; half a minute for a small agent.

    Args:
        policy: without memory.
        layer: one of `models.impala.RESUME_POINTS`.
        seed: of the mazes, of where the cheese is moved, and of the tests.
        mazes: a third of them choose the candidates, the others test them.
        rule: defaults to hard levels with the cheese anywhere.
        progress_bar: show one.

    Raises:
        ValueError: fewer than six mazes; another layer.
    """
    if mazes < 6:
        raise ValueError(f"{mazes} mazes cannot both choose and test channels: give 6 or more")
    seeds = find_seeds(mazes, rule, seed=seed, has_decision_square=True, seed_range=SEARCHED)
    responses = [
        cheese_response(policy, make_level(each, rule), layer=layer, seed=seed + each)
        for each in tqdm(seeds, disable=not progress_bar, unit=" mazes")
    ]
    return judge(responses[: mazes // 3], responses[mazes // 3 :], layer=layer, seed=seed)


def places_elsewhere(maze: Maze, count: int, seed: int) -> list[Square]:
    """Squares to which the cheese can be moved so that another way leads to it.

    From the decision square, no move brings the mouse nearer to both the cheese and such a square.
    If there are fewer than `count`, all are given. The corner always is such a square.

    Raises:
        ValueError: a maze without a decision square.
    """
    decision, _, way = _way(maze)
    squares = [square for square in maze.open_squares() if square not in (decision, START)]
    chosen: list[Square] = []
    for number in np.random.default_rng(seed).permutation(len(squares)):
        if len(chosen) == count:
            break
        if not (nearer_moves(maze, squares[number])[decision] & way).any():
            chosen.append(squares[number])
    return chosen


def _way(maze: Maze) -> tuple[Square, Square, Bool[np.ndarray, " move"]]:
    """The decision square, the cheese's, and which moves there lead to the cheese."""
    decision = decision_square(maze)
    if decision is None or maze.cheese is None:
        raise ValueError(
            "this maze has no decision square: choose one of find_seeds(..., "
            "has_decision_square=True)"
        )
    return decision, maze.cheese, nearer_moves(maze, maze.cheese)[decision]


@torch.no_grad()
def cheese_response(
    policy: ImpalaPolicy, maze: Maze, *, layer: str = LAYER, seed: int = 0
) -> Response:
    """What moving the cheese does in a maze, channel by channel.

    Raises:
        ValueError: a maze without a decision square; another layer than a resume point.
    """
    decision, cheese, way = _way(maze)
    here = move_mouse(maze, decision)
    elsewhere = places_elsewhere(maze, _PLACES, seed)
    moved = [move_cheese(here, square) for square in elsewhere]
    seen = activations_of(policy, [remove_cheese(here), here, *moved], layer)
    without, own, others = seen[0], seen[1], seen[2:]
    channels = torch.arange(own.shape[0], device=own.device)
    # edited[place, channel] is the maze as it is, but for one channel.
    edited = own.repeat(len(others), len(channels), 1, 1, 1)
    edited[:, channels, channels] = others

    def log_odds(activations: torch.Tensor) -> Float[np.ndarray, " pass"]:
        # Channels side by side in memory: the CPU's convolutions are faster.
        ordered = activations.contiguous(memory_format=torch.channels_last)
        logits, _ = policy.logits_and_value_after(canonical(layer), ordered)
        logs = move_log_probabilities(logits.cpu().double())
        towards = torch.from_numpy(way)
        return (logs[:, towards].logsumexp(1) - logs[:, ~towards].logsumexp(1)).numpy()

    before = log_odds(own[None])
    after = log_odds(edited.flatten(0, 1)).reshape(len(others), len(channels))
    after_all = log_odds(others)
    return Response(
        cells=square_cells(maze, [cheese, *elsewhere], own.shape[-1]),
        changes=(seen[1:] - without).cpu().numpy(),
        evidence=(before - after).mean(axis=0),
        drops=(_chance(before) - _chance(after)).mean(axis=0),
        all_evidence=float((before - after_all).mean()),
        all_drops=float((_chance(before) - _chance(after_all)).mean()),
    )


def _chance(log_odds: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -log_odds))


def judge(
    first: Sequence[Response], second: Sequence[Response], *, layer: str = LAYER, seed: int = 0
) -> CheeseChannels:
    """Choose candidates from some responses and test them in others.

    Candidates have more than an even share of the evidence. Each must pass two one-sided tests.
    The test of evidence beyond an even share flips the signs of mazes, which assumes that mazes
    without an effect scatter symmetrically. The test of following the cheese exchanges the squares
    of the cheese within mazes. A candidate's p-value is the larger of the two, and the rate of
    false discoveries among all candidates is bounded.

    Args:
        first, second: responses of different mazes.
        layer: the activation that they are of.
        seed: of the shuffles.
    """
    chosen_by, tested_in = _Evidence.of(first), _Evidence.of(second)
    pictures = mean_pictures(first)
    candidate = chosen_by.beyond.mean(axis=0) > 0
    fits = [_fits(each, pictures) for each in second]
    table = pd.DataFrame(
        {
            "channel": np.arange(len(pictures)),
            "first_follows": _follows(first, [_fits(each, pictures) for each in first], pictures),
            "first_evidence": chosen_by.evidence.mean(axis=0),
            "candidate": candidate,
            "follows": _follows(second, fits, pictures),
            "follows_p": _follows_p(fits, seed),
            "evidence": tested_in.evidence.mean(axis=0),
            "share": tested_in.share,
            "evidence_p": _sign_flips(tested_in.beyond, seed),
            "drop": np.mean([each.drops for each in second], axis=0),
        }
    )
    worst = table[["follows_p", "evidence_p"]].max(axis=1)
    table["q"] = np.nan
    if candidate.any():
        tests = {str(channel): float(worst[channel]) for channel in np.flatnonzero(candidate)}
        table.loc[candidate, "q"] = list(adjusted(tests).values())
    table["found"] = table["q"] <= RATE
    table = table.sort_values("first_evidence", ascending=False, ignore_index=True)
    found = table[table["found"]].sort_values("evidence", ascending=False)
    return CheeseChannels(
        layer=layer,
        channels=tuple(found["channel"].tolist()),
        table=table,
        pictures=pictures,
        lost=(
            float(tested_in.all_evidence.mean()),
            float(np.mean([each.all_drops for each in second])),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Evidence:
    """Of several mazes."""

    evidence: Float[np.ndarray, "maze channel"]
    all_evidence: Float[np.ndarray, " maze"]

    @classmethod
    def of(cls, responses: Sequence[Response]) -> _Evidence:
        return cls(
            np.array([each.evidence for each in responses]),
            np.array([each.all_evidence for each in responses]),
        )

    @property
    def beyond(self) -> Float[np.ndarray, "maze channel"]:
        """What each channel has beyond an even share."""
        return self.evidence - self.all_evidence[:, None] / self.evidence.shape[1]

    @property
    def share(self) -> Float[np.ndarray, " channel"]:
        """The share of each channel in the evidence of all; not finite where they have none."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.evidence.mean(axis=0) / self.all_evidence.mean()


def _sign_flips(
    values: Float[np.ndarray, "maze channel"], seed: int
) -> Float[np.ndarray, " channel"]:
    """The chance of so large a mean if the sign of each maze's value were a coin's."""
    test = permutation_test(
        (values,),
        lambda drawn, axis: drawn.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        alternative="greater",
        n_resamples=_SHUFFLES,
        batch=max(1, 4_000_000 // values.size),
        axis=0,
        random_state=np.random.default_rng(seed),
    )
    p: Float[np.ndarray, " channel"] = np.asarray(test.pvalue)
    return p


# --- what follows the cheese


def mean_pictures(responses: Sequence[Response]) -> Float[np.ndarray, "channel row col"]:
    """The mean change around the cheese, its cell in the middle.

    Cells beyond the frame's edge do not count; where no cheese was so far from the edge, 0.
    """
    windows = np.concatenate([_windows(each) for each in responses])
    seen = ~np.isnan(windows[:, :1])
    total = np.nansum(windows, axis=0)
    mean: Float[np.ndarray, "channel row col"] = total / np.maximum(seen.sum(axis=0), 1)
    return mean


def _windows(response: Response) -> Float[np.ndarray, "place channel row col"]:
    """The changes around each cheese; NaN beyond the edge."""
    margin = ((0, 0), (0, 0), (_RADIUS, _RADIUS), (_RADIUS, _RADIUS))
    padded = np.pad(response.changes, margin, constant_values=np.nan)
    side = 2 * _RADIUS + 1
    return np.stack(
        [
            change[:, row : row + side, col : col + side]
            for change, (row, col) in zip(padded, response.cells, strict=True)
        ]
    )


def _fits(
    response: Response, pictures: Float[np.ndarray, "channel row col"]
) -> Float[np.ndarray, "place cheese channel"]:
    """How well each place's change agrees with the pictures put where each place's cheese is.

    It is what a sum of squares falls by when the put picture is subtracted from the change.
    """
    rows = []
    for cell in response.cells:
        there = replace(response, cells=np.repeat(cell[None], len(response.cells), axis=0))
        around = _windows(there)
        put = np.where(np.isnan(around), 0, pictures)
        fit = 2 * np.nan_to_num(around) * put - put**2
        rows.append(fit.sum(axis=(2, 3)))
    return np.stack(rows, axis=1)


def _follows(
    responses: Sequence[Response],
    fits: Sequence[Float[np.ndarray, "place cheese channel"]],
    pictures: Float[np.ndarray, "channel row col"],
) -> Float[np.ndarray, " channel"]:
    """The share of the change's variance that the pictures, put at the cheese, explain."""
    explained = sum(np.einsum("ppc->c", fit) for fit in fits)
    total = sum((each.changes.astype(np.float64) ** 2).sum(axis=(0, 2, 3)) for each in responses)
    share = np.zeros(len(pictures))
    np.divide(explained, total, out=share, where=np.asarray(total) > 0)
    return share


def _follows_p(
    fits: Sequence[Float[np.ndarray, "place cheese channel"]], seed: int
) -> Float[np.ndarray, " channel"]:
    """The chance of so good a fit if, in every maze, the squares of the cheese were exchanged."""
    rng = np.random.default_rng([seed, 1])
    observed = np.zeros(fits[0].shape[-1])
    shuffled = np.zeros((_SHUFFLES, len(observed)))
    for fit in fits:
        places = np.arange(len(fit))
        observed += fit[places, places].sum(axis=0)
        orders = rng.permuted(np.tile(places, (_SHUFFLES, 1)), axis=1)
        for place in places:
            shuffled += fit[place, orders[:, place]]
    as_good = (shuffled >= observed - 1e-9 * np.abs(observed)).sum(axis=0)
    return (as_good + 1) / (_SHUFFLES + 1)
