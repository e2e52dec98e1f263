"""The code, commands and links of the documentation. Sphinx checks the rest: `make docs`."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from tests.test_readme import README, check_command

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [DOCS / "start.md", *sorted((DOCS / "guides").glob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem
)
def test_the_code_of_a_page_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From top to bottom, as a reader would run it; blocks of the README run with the README."""
    pytest.importorskip("anywidget")
    monkeypatch.chdir(tmp_path)  # a page may write a file
    own = [block for block in blocks(page, "python") if block not in README]
    code = compile("\n".join(own), page.name, "exec")
    exec(code, {"__name__": page.stem})
    plt.close("all")


def test_commands_exist() -> None:
    lines = [
        line for page in PAGES for block in blocks(page, "bash") for line in block.splitlines()
    ]
    commands = [line.removeprefix("procgen-tools ") for line in lines if "procgen-tools " in line]
    commands = [command for command in commands if not command.startswith(("pip", "python"))]
    assert len(commands) > 8
    for command in commands:
        check_command(command)


@pytest.mark.parametrize("page", [*PAGES, DOCS / "architecture.md"], ids=lambda page: page.stem)
def test_links_lead_to_files(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)|href=\"([^\":]+)\"", text)
    for link in filter(None, (each for pair in links for each in pair)):
        assert (page.parent / link).exists(), link
