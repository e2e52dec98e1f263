"""The course on inner alignment: the checks of its ten steps, pictures, and helpers.

from procgen_tools.studies.crops_and_humans import course

course.check_1(empty_cells)     # prints one line, or raises WrongAnswer
steps = course.Steps()          # the same checks, in their order
steps.check(1, empty_cells)

The notebooks are `experiments/crops_and_humans/`.
"""

from procgen_tools.studies.crops_and_humans.course.checking import WrongAnswer
from procgen_tools.studies.crops_and_humans.course.dreaming_checks import (
    check_8,
    check_9a,
    check_9b,
)
from procgen_tools.studies.crops_and_humans.course.learning_checks import (
    check_4,
    check_5,
    check_6,
    check_7,
)
from procgen_tools.studies.crops_and_humans.course.live import try_mazes
from procgen_tools.studies.crops_and_humans.course.material import (
    Approaches,
    Batch,
    approaches,
    best_rates,
    load,
    one_approach,
    progress,
    rates,
    twins,
    with_walls,
)
from procgen_tools.studies.crops_and_humans.course.outputs import show
from procgen_tools.studies.crops_and_humans.course.pictures import (
    draw_curve,
    draw_lines,
    draw_mazes,
    draw_walls,
)
from procgen_tools.studies.crops_and_humans.course.steps import Steps
from procgen_tools.studies.crops_and_humans.course.world_checks import (
    check_1,
    check_2,
    check_3,
    check_10,
)

__all__ = [
    "Approaches",
    "Batch",
    "Steps",
    "WrongAnswer",
    "approaches",
    "best_rates",
    "check_1",
    "check_2",
    "check_3",
    "check_4",
    "check_5",
    "check_6",
    "check_7",
    "check_8",
    "check_9a",
    "check_9b",
    "check_10",
    "draw_curve",
    "draw_lines",
    "draw_mazes",
    "draw_walls",
    "load",
    "one_approach",
    "progress",
    "rates",
    "show",
    "try_mazes",
    "twins",
    "with_walls",
]
