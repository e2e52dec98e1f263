"""Results say in a few lines what they are, and show a picture in a notebook."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

import procgen_tools
from procgen_tools import chains, maze, vfield
from procgen_tools.effects import Effect, measure
from procgen_tools.episodes.rollouts import play
from procgen_tools.evaluation.exact_scores import ExactScores
from procgen_tools.interventions import (
    Add,
    Clamp,
    Mean,
    NaturalActivations,
    Resample,
    Zero,
    activations_of,
    cheese_vector,
)
from procgen_tools.models import ImpalaPolicy
from procgen_tools.shown import brief, figure_png, figure_webp, summary
from procgen_tools.statistics.intervals import Estimate
from procgen_tools.studies.base import PUBLISHED_RUN, Claim, Findings
from procgen_tools.studies.cheese_channels.measure import cheese_response
from procgen_tools.studies.rules import Rule, value

LAYER = "embedder.block2.res1.resadd"
PACKAGE = Path(procgen_tools.__file__).parent


@pytest.fixture(scope="module")
def policy() -> ImpalaPolicy:
    return ImpalaPolicy(seed=0).eval()


@pytest.fixture(scope="module")
def effect(policy: ImpalaPolicy) -> Effect:
    level = maze.parse("....C\n.###.\n.#...\n.#.##\nM....")
    return measure(policy, level, Add(cheese_vector(policy, level, LAYER), -1.0))


@pytest.fixture(scope="module")
def results(policy: ImpalaPolicy, effect: Effect) -> list[Any]:
    """What people get to see, on the largest maze where its size matters."""
    level = maze.make_level(0, maze.LevelRule(maze_size=25))
    field = vfield.VectorField(level, *uniform(level))
    seen = activations_of(policy, [level, level], LAYER)
    played = play(policy, [level], seed=0, step_limit=10)
    table = pd.DataFrame({"number": range(100)})
    mean = {"all agents": {f"number {i}": Estimate(0.5, 0.4, 0.6) for i in range(20)}}
    claim = Claim(
        statement="word " * 100,
        published="none",
        rule=Rule.that(value("number 0", "a rule " * 30) > 0),
        measured=mean,
    )
    return [
        level,
        [level, level],
        maze.make_bank(range(1000)),
        maze.make_bank([]),
        field,
        vfield.difference(field, field),
        effect,
        effect.chances_before,
        effect.decision_before,
        chains.chances_by_start(effect.before, 500),
        cheese_vector(policy, level, LAYER),
        cheese_vector(policy, level, "embedder.fc"),
        Zero(LAYER, channels=range(32)) + Zero(LAYER, channels=range(32)) + effect.intervention,
        Clamp(LAYER, 5.5, level, level.open_squares(), channels=[7]),
        Mean(LAYER, seen),
        Resample(LAYER, seen),
        NaturalActivations.of(policy, [level], LAYER),
        played,
        played[0],
        cheese_response(policy, maze.make_level(25), seed=0),
        ExactScores(*(np.linspace(0, 1, 500) for _ in range(5))),
        Findings("x", PUBLISHED_RUN, "w " * 99, ("a",) * 30, (claim,) * 20, {"rows": table}),
        claim,
    ]


def uniform(level: maze.Maze) -> tuple[np.ndarray, np.ndarray]:
    squares = len(level.open_squares())
    return np.full((squares, 5), 0.2), np.zeros(squares)


def test_results_fit_on_a_few_lines(results: list[Any]) -> None:
    for result in results:
        text = repr(result)
        assert len(text.splitlines()) <= 8, text
        assert len(text) <= 800, text
        assert max(map(len, text.splitlines())) <= 310, text


def test_what_they_say(effect: Effect, policy: ImpalaPolicy) -> None:
    caption = "5 x 5, 18 open squares, mouse (0, 0), cheese (4, 4)"
    assert repr(effect.maze) == f"Maze({caption}, world 25 x 25, background 0)"
    assert repr(effect.before).startswith(f"VectorField({caption}, both facings,\n    value ")
    variation = effect.difference.total_variation
    shown = repr(effect)
    assert "Effect: add -1 x the cheese vector to embedder.block2.res1.resadd_out\n" in shown
    assert f"reaches the cheese within 500 steps: {effect.chances_before.cheese:.3f} → " in shown
    assert f"total variation: mean {variation.mean():.3f}, max {variation.max():.3f}" in shown
    assert f"at most {variation.max():.3g} at (" in repr(effect.difference)
    level = maze.make_level(51)
    with_decision = measure(policy, level, Zero(LAYER, channels=[3]))
    assert with_decision.decision_after is not None
    assert "at the decision square (0, 2): P(cheese)" in repr(with_decision)
    assert repr(with_decision.intervention) == f"Zero(zero channel 3 of {LAYER}_out)"
    assert repr(maze.make_bank([3, 7])).startswith("LevelBank(2 levels, seeds 3 to 7, sizes ")
    vector = cheese_vector(policy, level, LAYER)
    assert f"shape=(32, 16, 16),\n    norm={vector.norm:.3g}, strongest" in repr(vector)


def test_the_parts_of_a_result() -> None:
    @dataclass
    class Result:
        chances: np.ndarray
        seeds: np.ndarray
        few: np.ndarray
        activation: torch.Tensor
        table: pd.DataFrame
        name: str
        squares: tuple[tuple[int, int], ...]
        by_name: dict[str, int]
        number: float

        __repr__ = brief

    result = Result(
        np.array([*np.linspace(0, 1, 11), np.nan]),
        np.arange(1000),
        np.array([0.25, 3]),
        torch.zeros(2, 3),
        pd.DataFrame({"a": range(1200), "b": 0}),
        "x " * 99,
        ((0, 1),) * 9,
        {"a": 1, "b": 2},
        1 / 3,
    )
    text = " ".join(repr(result).split())
    for part in (
        "chances=float64 (12,) mean 0.5",
        "seeds=int64 (1000,) 0 to 999",
        "few=[0.25, 3]",
        "activation=float32 (2, 3)",
        "table=1,200 rows x 2 columns",
        "name='x x",
        "squares=9 x tuple",
        "by_name={2: a, b}",
        "number=0.3333)",
    ):
        assert part in text, part
    assert summary(result, "", "one") == "Result(one)"
    assert max(map(len, repr(result).splitlines())) <= 100


def dataclasses_of_the_package() -> Iterator[tuple[ast.ClassDef, str, bool]]:
    """Each public one, the kinds of its attributes, and whether it says how it is shown."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            decorators = [ast.unparse(each) for each in getattr(node, "decorator_list", [])]
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            if any(each.startswith("dataclass(frozen=True") for each in decorators):
                own = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
                own |= {ast.unparse(each).split(" = ")[0] for each in node.body}
                kinds = [
                    ast.unparse(each.annotation)
                    for each in node.body
                    if isinstance(each, ast.AnnAssign)
                ]
                yield node, " ".join(kinds), "__repr__" in own


def test_every_result_that_holds_arrays_is_brief() -> None:
    """A dataclass writes its arrays out unless its class says how it is shown."""
    words = {"ndarray", "Tensor", "DataFrame", "Series", "Mazes"}
    classes = list(dataclasses_of_the_package())
    found: dict[str, bool] = {}
    while True:
        holds = re.compile(rf"\b({'|'.join(words)})\b")
        new = {
            node.name: brief
            for node, kinds, brief in classes
            if node.name not in words and holds.search(kinds)
        }
        if not new:
            break
        found |= new
        words |= set(new)
    assert len(found) > 50
    assert {"Maze", "VectorField", "Rollouts"} <= set(found)
    assert all(found.values()), f"give {[name for name in found if not found[name]]} a brief repr"


def test_pictures_in_a_notebook(effect: Effect) -> None:
    before = plt.get_fignums()
    bank = maze.make_bank(range(10))
    for result in (effect.maze, bank, effect.before, effect.difference, effect):
        picture = result._repr_png_()
        assert picture is not None
        assert picture.startswith(b"\x89PNG"), type(result)
    assert plt.get_fignums() == before, "a figure that is left open is shown twice"
    assert maze.make_bank([])._repr_png_() is None


def test_webp_has_the_pixels_of_png() -> None:
    figure = Figure(figsize=(3, 2))
    figure.subplots().imshow(np.random.default_rng(0).random((9, 9)))
    png, webp = figure_png(figure, dpi=60), figure_webp(figure, dpi=60)
    pixels = [np.asarray(Image.open(BytesIO(each)).convert("RGB")) for each in (png, webp)]
    assert np.array_equal(*pixels)
    assert len(webp) < len(png)


def test_findings_are_a_table_in_a_notebook() -> None:
    mean = {"all agents": {"P": Estimate(0.5, 0.4, 0.6)}}
    claim = Claim(
        statement="It falls", published="none", rule=Rule.that(value("P") < 0), measured=mean
    )
    shown = Findings("x", PUBLISHED_RUN, "", (), (claim,), {})._repr_html_()
    assert "<td>It falls</td>" in shown
    assert "<td>no</td>" in shown
