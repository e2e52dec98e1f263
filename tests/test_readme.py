"""Every code block of the README runs, in order, as one reader would run them."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path

import pytest
from matplotlib import pyplot as plt
from typer.testing import CliRunner

from procgen_tools.cli import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


PROCGEN_TOOLS_BLOCKS = (
    "056f8269415bea90",
    "f5a8934fe9f29177",
    "0d97decc20db066f",
    "45e2eace565f8e0f",
)
"""Beginnings of the SHA-256 of the code blocks of procgen-tools' README, which run unchanged."""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
def test_python_blocks_run(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("circrl.module_hook")
    monkeypatch.chdir(ROOT)
    code = blocks("python")
    assert len(code) >= 4
    namespace: dict[str, object] = {"__name__": "readme"}
    try:
        for number, block in enumerate(code):
            exec(compile(block, f"README.md, Python block {number + 1}", "exec"), namespace)
    finally:
        plt.close("all")


def test_the_code_of_procgen_tools_stands_unchanged() -> None:
    ours = [hashlib.sha256(block.encode()).hexdigest()[:16] for block in blocks("python")]
    assert [block for block in ours if block in PROCGEN_TOOLS_BLOCKS] == list(PROCGEN_TOOLS_BLOCKS)


def test_commands_exist() -> None:
    """Each `procgen-tools` command that the README names has these words and options."""
    commands = re.findall(r"procgen-tools ((?:[a-z]+ )*[a-z]+[^\n`|]*)", README)
    assert commands
    for command in commands:
        words = shlex.split(command, comments=True)
        words = [word for word in words if re.fullmatch("[a-z]+(-[a-z]+)*", word)]
        words = words[: 2 if words[0] in ("train", "bench") else 1]
        result = CliRunner().invoke(app, [*words, "--help"])
        assert result.exit_code == 0, f"procgen-tools {command}: {result.output}"
        for option in re.findall(r"--[a-z-]+", command):
            assert option in result.output, f"procgen-tools {command}: no {option}"


def test_files_exist() -> None:
    """Links to files of the project, and pictures, lead somewhere."""
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
