"""`procgen-tools page`: its options reach the page, and mistakes print a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from procgen_tools import cli
from procgen_tools.page import site
from procgen_tools.page.folder import Page


def test_options_reach_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    def write(folder: Path, agent: Path, **options: Any) -> Page:
        given.update(options, folder=folder, agent=agent)
        return Page(folder / "index.html", {"index.html": 123456})

    monkeypatch.setattr(site, "write_page", write)
    folder = tmp_path / "page"
    words = ["--agent", "rand_region_15", "--seed", "7", "--vector", "-2", "--runtime", "ort"]
    words += ["--control", "control_1", "--course", "https://example.org"]
    result = CliRunner().invoke(cli.app, ["page", str(folder), *words])
    assert result.exit_code == 0, result.output
    assert given == {
        "folder": folder,
        "agent": Path("rand_region_15"),
        "seed": 7,
        "coefficient": -2.0,
        "layer": site.LAYER,
        "runtime": Path("ort"),
        "control": Path("control_1"),
        "course": "https://example.org",
    }
    assert "0.1 MB" in result.output
    assert (folder / "index.html").as_uri() in result.output.replace("\n", "")


def test_the_defaults_are_those_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def write(folder: Path, agent: Path, **options: Any) -> Page:
        given.extend([str(agent), options["seed"], options["coefficient"], options["layer"]])
        return Page(folder / "index.html", {})

    monkeypatch.setattr(site, "write_page", write)
    assert CliRunner().invoke(cli.app, ["page", str(tmp_path)]).exit_code == 0
    assert given == [site.AGENT, site.SEED, site.COEFFICIENT, site.LAYER]


def test_a_mistake_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    monkeypatch.setattr("sys.argv", ["procgen-tools", "page", str(tmp_path)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert "has other files" in capsys.readouterr().err
