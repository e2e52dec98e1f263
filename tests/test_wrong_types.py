"""Arguments of the wrong kind are named, with what to give instead.

In a process of its own: these tests check annotations first, and users do not.
"""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from procgen_tools import chains, hooks, maze, models, vfield
from procgen_tools.episodes.rollouts import play
from procgen_tools.effects import measure
from procgen_tools.interventions import Add, Zero, cheese_vector, observe

layer = "embedder.block2.res1.resadd"
policy, level = models.ImpalaPolicy(seed=0), maze.make_level(0)
vector = cheese_vector(policy, level, layer)
venv = maze.create_venv(1)
MISTAKES = [
    (lambda: measure(policy, 51, Zero(layer)), TypeError, "the maze is of type int"),
    (lambda: measure(policy, level, vector), TypeError, "such as Add(vector, -1.0)"),
    (lambda: Add(vector.values), TypeError, "what is added is of type Tensor"),
    (lambda: Add(vector, "1"), TypeError, "coefficient is '1': give a number"),
    (lambda: Add(vector, float("nan")), ValueError, "coefficient is nan: give a finite"),
    (lambda: Zero(layer, channels=3), TypeError, "channels is 3: give several numbers"),
    (lambda: Zero(layer, channels=[1.5]), TypeError, "a channel is 1.5"),
    (lambda: Zero(layer, channels=[-1]), ValueError, "channel -1 is negative"),
    (lambda: cheese_vector(policy, venv, layer), TypeError, "venv.maze(0)"),
    (lambda: cheese_vector(policy, [level, 3], layer), TypeError, "a maze is of type int"),
    (lambda: cheese_vector(policy, level, 7), TypeError, "name of an activation is of type int"),
    (lambda: observe("x"), TypeError, "what is observed is of type str"),
    (lambda: hooks.patched(policy, [layer]).__enter__(), TypeError, "patches is of type list"),
    (lambda: vfield.vector_field(level, {}), TypeError, "the policy is of type dict"),
    (lambda: models.load_policy(None), TypeError, "the agent is of type NoneType"),
    (lambda: vfield.plot_vf(level), TypeError, "give what vector_field(maze, policy) returns"),
    (lambda: chains.chances(level), TypeError, "give what vector_field(maze, policy) returns"),
    (lambda: chains.decision(level), TypeError, "give what vector_field(maze, policy) returns"),
    (lambda: play(policy, [level], seed=-1), ValueError, "seed is -1"),
    (lambda: venv.step([1.0]), ValueError, "of type float64: give 1 whole numbers in 0..14"),
]
for number, (call, kind, message) in enumerate(MISTAKES):
    try:
        call()
    except kind as error:
        assert message in str(error), (number, error)
    else:
        raise AssertionError(f"mistake {number} raised nothing")
assert len(play(policy, level, step_limit=2).found) == 1
print(len(MISTAKES), "mistakes named")
"""


def test_mistakes_are_named() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert result.stdout == "20 mistakes named\n", result.stderr
