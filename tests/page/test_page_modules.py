"""The modules that compute in the browser equal the Python package; run by node."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools import chains, maze, vfield
from procgen_tools.maze import LevelRule, Maze
from procgen_tools.page.tables import table_bytes
from procgen_tools.web.bundle import MODULES
from procgen_tools.web.scenes import scene_of
from procgen_tools.worlds.maze.agent_view import agent_frames
from procgen_tools.worlds.maze.graph import graph_of
from procgen_tools.worlds.maze.moves import move_probabilities

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node, which runs the modules, is missing")

SCRIPT = """
import { readFileSync } from "node:fs";
import { decisionSquare, mazeOf, openSquares } from "./maze.js";
import { drawFrames, readTables } from "./observe.js";
import { arrows, decision, moveProbabilities } from "./field.js";
import { chancesByStart, chances, transitions } from "./chain.js";

const tables = {};
for (const size of [15, 25]) {
  tables[size] = readTables(Uint8Array.from(readFileSync(`tables${size}`)).buffer);
}
const answers = JSON.parse(readFileSync("cases.json", "utf8")).map((given) => {
  const maze = mazeOf(given.scene);
  const [plain, flipped] = given.logits.map((rows) => moveProbabilities(Float32Array.from(rows)));
  const options = { cornerRegion: given.region, stepLimit: given.steps };
  const squares = openSquares(maze);
  const frames = [false, true].map((mirrored) => {
    const drawn = drawFrames(tables[maze.worldSize], maze, squares, mirrored);
    return Buffer.from(drawn).toString("base64");
  });
  const began = performance.now();
  const chance = chancesByStart(maze, plain, flipped, options);
  const milliseconds = performance.now() - began;
  return {
    frames,
    plain: [...plain],
    arrows: [...arrows(plain)],
    leadsTo: [...transitions(maze)],
    square: decisionSquare(maze),
    decision: decision(maze, plain),
    chances: Object.fromEntries(Object.entries(chance).map(([name, row]) => [name, [...row]])),
    own: chances(maze, plain, flipped, options),
    milliseconds,
  };
});
console.log(JSON.stringify(answers));
"""


def mazes() -> list[Maze]:
    """Levels of both worlds, and edited ones: no cheese, cheese in the corner, mouse elsewhere."""
    easy = [
        maze.make_level(seed, LevelRule(world_size=15, maze_size=size))
        for seed, size in ((0, 3), (1, 9), (2, 15))
    ]
    hard = [maze.make_level(seed, LevelRule(maze_size=size)) for seed, size in ((3, 5), (4, 25))]
    level = maze.make_level(51)
    loops = Maze(np.zeros((5, 5), bool), maze.Square(2, 2), maze.Square(3, 1))  # and black
    return [
        *easy,
        *hard,
        level,
        maze.remove_cheese(level),
        maze.move_cheese(level, level.corner),
        maze.move_mouse(level, level.open_squares()[30]).flipped(),
        loops,
    ]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Maze, dict, dict]]:
    """Each maze with what node was given and what it answered."""
    folder = tmp_path_factory.mktemp("modules")
    for path in MODULES.glob("*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "script.js").write_text(SCRIPT)
    for size in (15, 25):
        (folder / f"tables{size}").write_bytes(table_bytes(size))
    random = np.random.default_rng(0)
    cases: list[dict[str, Any]] = []
    for number, level in enumerate(mazes()):
        logits = random.normal(scale=2, size=(2, len(level.open_squares()), 15))
        cases.append(
            {
                "scene": scene_of(level),
                "logits": logits.astype(np.float32).reshape(2, -1).tolist(),
                "region": (1, 5)[number % 2],
                "steps": (500, 7)[number % 3 == 2],
            }
        )
    (folder / "cases.json").write_text(json.dumps(cases))
    assert NODE
    result = subprocess.run([NODE, "script.js"], cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return list(zip(mazes(), cases, json.loads(result.stdout), strict=True))


def test_frames_are_equal_in_every_byte(answered: list[tuple[Maze, dict, dict]]) -> None:
    for level, _, answer in answered:
        for mirrored, encoded in zip((False, True), answer["frames"], strict=True):
            shown = level if level.mouse_mirrored == mirrored else level.flipped()
            expected = agent_frames(shown, level.open_squares())
            assert base64.b64decode(encoded) == expected.tobytes()


def test_moves_fields_and_decisions_are_equal(answered: list[tuple[Maze, dict, dict]]) -> None:
    for level, given, answer in answered:
        field = field_of(level, given)
        np.testing.assert_allclose(answer["plain"], field.probabilities.ravel(), atol=1e-12)
        np.testing.assert_allclose(answer["arrows"], field.arrows.ravel(), atol=1e-12)
        assert answer["leadsTo"] == graph_of(level).leads_to.ravel().tolist()
        expected = chains.decision(field)
        if expected is None:
            assert answer["decision"] is None
            assert answer["square"] == -1
        else:
            found = answer["decision"]
            assert divmod(answer["square"], level.size) == tuple(expected.square)
            assert found["square"] == answer["square"]
            assert found["cheese"] == pytest.approx(expected.cheese, abs=1e-12)
            assert found["topRight"] == pytest.approx(expected.top_right, abs=1e-12)
            assert found["other"] == pytest.approx(expected.other, abs=1e-12)
    assert {answer["square"] >= 0 for _, _, answer in answered} == {True, False}


NAMES = {
    "cheese": "cheese",
    "corner": "corner",
    "cheeseFirst": "cheese_first",
    "cornerFirst": "corner_first",
    "neither": "neither",
    "stepsToCheese": "steps_to_cheese",
    "episodeSteps": "episode_steps",
}


def test_chances_are_equal_from_every_square(answered: list[tuple[Maze, dict, dict]]) -> None:
    for level, given, answer in answered:
        expected = chains.chances_by_start(
            field_of(level, given), given["steps"], corner_region=given["region"]
        )
        start = level.open_squares().index(level.mouse)
        for theirs, ours in NAMES.items():
            # JSON has no NaN, which is the mean over no episodes.
            found = np.array(answer["chances"][theirs], float)
            np.testing.assert_allclose(found, getattr(expected, ours), rtol=1e-10, atol=1e-12)
            own = np.nan if answer["own"][theirs] is None else answer["own"][theirs]
            np.testing.assert_equal(own, found[start])


def field_of(level: Maze, given: dict[str, Any]) -> vfield.VectorField:
    logits = torch.tensor(given["logits"], dtype=torch.float64).reshape(2, -1, 15)
    plain, flipped = move_probabilities(logits).numpy()
    return vfield.VectorField(level, plain, np.zeros(len(plain)), flipped)
