"""Interventions on activations, as values that can be printed and composed.

An intervention is active only inside its `with`::

    layer = "embedder.block2.res1.resadd"
    edit = Add(cheese_vector(policy, maze, layer), -1.0)
    with edit.on(policy):
        field = vector_field(maze, policy)
"""

from procgen_tools.interventions.base import NOTHING, Composition, Intervention, activation_shape
from procgen_tools.interventions.cell_clamps import ClampCell
from procgen_tools.interventions.cells import square_cells
from procgen_tools.interventions.controls import (
    random_channels,
    random_direction,
    shuffled_positions,
)
from procgen_tools.interventions.edits import Add, Clamp, Mean, Resample, Scale, Zero
from procgen_tools.interventions.natural import NaturalActivations, Unusualness, unusualness
from procgen_tools.interventions.readings import Hold, Reading
from procgen_tools.interventions.vectors import (
    ActivationVector,
    activation_vector,
    activations_of,
    cheese_vector,
    edit_vector,
    observe,
    top_right_vector,
)

__all__ = [
    "NOTHING",
    "ActivationVector",
    "Add",
    "Clamp",
    "ClampCell",
    "Composition",
    "Hold",
    "Intervention",
    "Mean",
    "NaturalActivations",
    "Reading",
    "Resample",
    "Scale",
    "Unusualness",
    "Zero",
    "activation_shape",
    "activation_vector",
    "activations_of",
    "cheese_vector",
    "edit_vector",
    "observe",
    "random_channels",
    "random_direction",
    "shuffled_positions",
    "square_cells",
    "top_right_vector",
    "unusualness",
]
