"""Every published experiment, run again: claims, numbers with intervals, figures.

Each module here is one experiment, with NAME, TITLE, `run(settings) -> Findings` and
`draw(findings)`, which makes its figures from its tables alone.
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
    "cheese_scrubbing",
    "cheese_channels",
    "retargeting",
    "ablations",
    "probing",
    "receptive_fields",
    "attribution",
    "value_head",
    "training_dynamics",
    "visualize_activations",
    "crops_and_humans",
)
"""In the order of the table in experiments/README.md."""


def load(name: str) -> ModuleType:
    """The module of an experiment.

    Raises:
        ValueError: an unknown name.
    """
    if name not in NAMES:
        raise ValueError(
            f"there is no experiment {name!r}: choose one of {', '.join(NAMES)}"
            f"{did_you_mean(name, NAMES)}"
        )
    return import_module(f"procgen_tools.studies.{name}")
