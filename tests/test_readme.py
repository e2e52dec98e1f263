"""What the README says of code, commands and files is so. Its Python runs in test_package.py."""

from __future__ import annotations

import hashlib
import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from procgen_tools.cli import app
from procgen_tools.compat.names import NAMES

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


def test_the_files_of_python_blocks_exist() -> None:
    """A reader in a checkout has the agents that the blocks load; test_package.py runs them."""
    files = re.findall(r"trained_models/[\w./]+", "\n".join(blocks("python")))
    assert files
    for file in files:
        assert (ROOT / file).exists(), file


def test_the_map_names_every_part_of_the_package() -> None:
    """Each package and module at the top of procgen_tools has its line, and no line is stale.

    Modules that only have procgen-tools' names are covered by the line of `compat/`.
    """
    (drawn,) = [block for block in blocks("text") if block.startswith("procgen_tools/\n")]
    named = set(re.findall(r"^  ([a-z_]+(?:/|\.py)) +\S", drawn, re.MULTILINE))
    package = ROOT / "procgen_tools"
    faces = {f"{name}.py" for name in NAMES} - {"maze.py", "vfield.py"}
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py"} - faces
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert named == modules | folders


def test_the_commands_of_what_is_measured_exist() -> None:
    """Every row of the table says how to measure again, by a command or a target of make."""
    table = README.split("## What is measured")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 9
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for row in rows:
        again = row[-1].strip()
        if again == "the same":
            continue
        words = shlex.split(again.strip("`"))
        if words[0] == "make":
            assert words[1] in targets, again
        elif words[0] == "python":
            assert words[1:3] == ["-m", "timeit"], again
        else:
            assert words[0] == "procgen-tools", again
            assert words[1] in ("bench", "evaluate", "demo", "audit"), again
            check_command(" ".join(words[1:]))


def test_the_code_of_procgen_tools_stands_unchanged() -> None:
    ours = [hashlib.sha256(block.encode()).hexdigest()[:16] for block in blocks("python")]
    assert [block for block in ours if block in PROCGEN_TOOLS_BLOCKS] == list(PROCGEN_TOOLS_BLOCKS)


def test_commands_exist() -> None:
    """Each `procgen-tools` command that the README names has these words and options."""
    commands = [
        command
        for code in re.findall(r"```bash\n(.*?)```|`([^`\n]+)`", README, re.DOTALL)
        for command in re.findall(r"^procgen-tools ([a-z][^\n]*)", "".join(code), re.MULTILINE)
    ]
    assert len(commands) > 15
    for command in commands:
        check_command(command)


def check_command(command: str) -> None:
    """`procgen-tools <command>` has these words and options, and the files it names exist."""
    words = shlex.split(command, comments=True)
    for file in re.findall(r"trained_models/\S+", command):
        assert (ROOT / file.strip("`")).exists(), file
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
