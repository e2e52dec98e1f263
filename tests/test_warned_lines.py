"""Warnings show the line that called the package.

In a process of its own: the checks of annotations, which users do not have, add lines between.
"""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import warnings
from procgen_tools import hooks, maze, models
from procgen_tools.interventions import Zero
from procgen_tools.worlds.maze.grid import OPEN
from procgen_tools.worlds.maze.state import EnvState
from procgen_tools.worlds.maze.state_codec import write_values

layer = "embedder.block2.res1.resadd"
policy, level = models.ImpalaPolicy(seed=0), maze.parse("C.\\nM.")
state = maze.venv_from_mazes(level).state(0)
world = state.outer_grid
world[0, 0] = OPEN
state.set_outer_grid(world)
stale = write_values(state.state_vals)

def patch():
    with hooks.patched(policy, {layer: lambda x: x}):
        pass

def edit():
    with Zero(layer).on(policy):
        pass

for call in (lambda: maze.move_cheese(level, (0, 0)), lambda: EnvState(stale), patch, edit):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    print(*(warning.filename for warning in caught))
"""


def test_warnings_show_the_line_that_called() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert result.stdout == "<string>\n" * 4, result.stdout + result.stderr
