"""What some clicks on walls do to an agent one step before a human: every choice is tried."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor, nn

from procgen_tools import crops_and_humans
from procgen_tools.checks import whole_number
from procgen_tools.studies.crops_and_humans.course.material import Approaches


@dataclass(frozen=True)
class Clicks:
    """What becomes of places one step before a human when walls are clicked.

    Attributes:
        harvested: fraction of places in which some choice of cells makes the agent harvest.
        spared: fraction of places in which some choice keeps it from harvesting.
        choices: fraction of all choices after which it harvests.
    """

    harvested: float
    spared: float
    choices: float


def clicks_in(network: nn.Module, places: Approaches, count: int) -> Clicks:
    """Try every choice of cells to click on. A click opens a wall, or closes an empty cell.

    The cells of the agent, of items, of the start and of the exit stay as they are. The mazes after
    the clicks may have no way to the exit, as on the page that learners use.

    Args:
        network: gives the values of the four actions, (batch, 4), for inputs (batch, 161).
        places: agents one step before a human.
        count: how many cells are clicked.

    Raises:
        ValueError: no place, or a count below 1.
    """
    whole_number("count", count, 1)
    whole_number("the number of places", len(places), 1)
    after = [_after_clicks(network, places[[number]], count) for number in range(len(places))]
    return Clicks(
        harvested=float(np.mean([each.any() for each in after])),
        spared=float(np.mean([not each.all() for each in after])),
        choices=float(np.concatenate(after).mean()),
    )


def _after_clicks(network: nn.Module, place: Approaches, count: int) -> Bool[np.ndarray, " choice"]:
    """Whether the network harvests after each choice of cells, in one place."""
    (held,) = place.held().numpy()
    codes = place.states.mazes.flatten()
    plain = np.isin(codes, (crops_and_humans.WALL, crops_and_humans.EMPTY))
    free = np.flatnonzero(plain & ~held).tolist()
    chosen = torch.tensor(list(combinations(free, count)))
    inputs: Tensor = place.inputs().repeat(len(chosen), 1)
    rows = torch.arange(len(chosen))[:, None]
    inputs[rows, chosen] = 1 - inputs[rows, chosen]
    return Approaches(
        place.states[np.zeros(len(chosen), int)], place.actions.repeat(len(chosen))
    ).taken(network, inputs)
