"""procgen-tools bench: options reach what is measured, and the report is printed."""

from __future__ import annotations

from typing import Any

import pytest

from procgen_tools.benchmarks import effects, environment, fields, steps, training
from tests.cli.test_cli import run


@pytest.mark.parametrize(
    ("module", "words", "given"),
    [
        (environment, "env --num 3 --seconds 0.5", {"num": 3, "seconds": 0.5}),
        (fields, "vfield --no-memory --scale 2 --seconds 7", {"scale": 2, "seconds": 7.0}),
        (effects, "effects --scale 2", {"scale": 2, "seconds": 4.0}),
        (training, "train --no-memory --num-envs 8", {"scale": 1, "num_envs": 8, "rounds": 3}),
        (steps, "step --batch 16 --rounds 2", {"scale": 1, "batch": 16, "rounds": 2}),
    ],
)
def test_options_reach_the_measurement(
    module: Any,
    words: str,
    given: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen: dict[str, Any] = {}

    def measure(*arguments: Any, **options: Any) -> str:
        names = ("num", "seconds") if module is environment else ("scale",)
        seen.update(zip(names, arguments, strict=False), **options)
        return "speeds"

    monkeypatch.setattr(module, "measure", measure)
    monkeypatch.setattr(module, "report", lambda speeds, *_: f"the report of {speeds}")
    assert run(monkeypatch, "bench", *words.split()) == 0
    assert seen.items() >= given.items()
    assert capsys.readouterr().out == "the report of speeds\n"
