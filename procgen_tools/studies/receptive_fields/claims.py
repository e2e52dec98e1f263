"""The claims about receptive fields, and the rules that decide them.

The theoretical field has no claim: it follows from the kernels, in trained and untrained networks
alike, and the tests hold it. That the effective field is smaller, and that the cheese changes most
near where it lies, is so in untrained networks, too. The claims are about what training changes.
"""

from __future__ import annotations

import pandas as pd

from procgen_tools.studies.base import LAYER, Claim, measured, over_levels
from procgen_tools.studies.rules import Rule, lower
from procgen_tools.studies.untrained import null_of, over_untrained


def all_claims(fields: pd.DataFrame, untrained: pd.DataFrame) -> tuple[Claim, ...]:
    """Every claim, with the estimates of tables of fields.

    Args:
        fields: of the agents.
        untrained: of untrained networks, in the same mazes.
    """
    return (
        _claim(
            fields,
            untrained,
            "gradient_90",
            "ninety percent",
            statement=f"Training widens the effective field of {LAYER}, where 90% of the gradient "
            "lies (side in pixels, of 45 in theory)",
            published="it widens in other networks (Luo et al., 2016)",
            form=".1f",
        ),
        _claim(
            fields,
            untrained,
            "cheese_near",
            "share within 2 cells",
            statement=f"Training draws what the cheese changes in {LAYER} together where the "
            "cheese lies",
            published="eleven channels show the cheese where it lies (by eye); no untrained "
            "network",
            form=".2f",
        ),
    )


def _claim(
    fields: pd.DataFrame,
    untrained: pd.DataFrame,
    column: str,
    name: str,
    *,
    statement: str,
    published: str,
    form: str,
) -> Claim:
    """That a column is larger for agents than for untrained networks in the same mazes."""
    trained, null = (table[table["layer"] == LAYER] for table in (fields, untrained))
    ours = over_levels(trained, column)
    networks = null.groupby("agent", sort=False)[column].mean()
    numbers = {
        name: ours,
        "untrained": null_of(
            {str(network): float(mean) for network, mean in networks.items()}, ours
        ),
        "difference": over_untrained(trained, null, column),
    }
    return Claim(
        statement=statement,
        published=published,
        rule=Rule.that(lower("difference", "trained minus untrained") > 0),
        measured=measured(**numbers),
        form=form,
    )
