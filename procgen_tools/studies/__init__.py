"""Every published experiment, repeated: claims, numbers with intervals, figures.

Each folder here is one study. It has NAME, TITLE, `run(settings) -> Findings` and
`draw(findings)`, which makes its figures from its tables alone. What is measured is in `measure`,
the claims with their rules in `claims`, the figures in `figures`; what several studies share is in
`base`, `rules`, `measuring`, `vectors`, `blocks` and `results`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from procgen_tools.names import did_you_mean

NAMES = (
    "cheese_vector",
    "top_right_vector",
    "behavioral_demos",
    "behavioral_stats",
    "minimal_pairs",
    "cheese_scrubbing",
    "cheese_channels",
    "retargeting",
    "ablations",
    "probing",
    "receptive_fields",
    "attribution",
    "causal_map",
    "value_head",
    "training_dynamics",
    "goal_splits",
    "visualize_activations",
    "crops_and_humans",
    "colour_or_shape",
    "keys_and_chests",
)
"""In the order of the table in experiments/README.md."""


def load(name: str) -> ModuleType:
    """Import a study by its name.

    Raises:
        ValueError: the name is unknown.
    """
    if name not in NAMES:
        raise ValueError(
            f"there is no experiment {name!r}: choose one of {', '.join(NAMES)}"
            f"{did_you_mean(name, NAMES)}"
        )
    return import_module(f"procgen_tools.studies.{name}")
