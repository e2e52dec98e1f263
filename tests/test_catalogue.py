"""Agents have names, wherever one works."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from procgen_tools import catalogue
from procgen_tools.catalogue import agents, digest, find_agent

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "trained_models" / "maze_I" / "model_rand_region_5.pth"


def test_every_agent_of_the_checkout_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {path.resolve() for path in (ROOT / "trained_models").glob("*/*.pth")}
    assert {agent.path.resolve() for agent in agents()} == files
    for agent in agents():
        assert find_agent(agent.name) == find_agent(f"{agent.world}/{agent.name}") == agent.path
        assert find_agent(agent.path.stem) == agent.path


def test_a_path_finds_its_file_or_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    published = "trained_models/maze_I/model_rand_region_5.pth"
    assert find_agent(published).samefile(SHIPPED)
    (tmp_path / published).parent.mkdir(parents=True)
    (tmp_path / published).write_bytes(b"mine")
    assert find_agent(published) == Path(published)
    assert find_agent("rand_region_5").read_bytes() == b"mine"
    assert [agent.path for agent in agents() if agent.name == "rand_region_5"] == [
        tmp_path / published
    ]
    Path("rand_region_5").write_bytes(b"a file of this name")
    assert find_agent("rand_region_5") == Path("rand_region_5")


def test_a_name_in_two_worlds_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for world in ("keys", "lines"):
        (tmp_path / "trained_models" / world).mkdir(parents=True)
        (tmp_path / "trained_models" / world / "twin_0.pth").touch()
    with pytest.raises(ValueError, match="'twin_0' may be keys/twin_0 or lines/twin_0"):
        find_agent("twin_0")
    assert find_agent("keys/twin_0") == tmp_path / "trained_models" / "keys" / "twin_0.pth"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("plantd_0", r"no agent 'plantd_0' .*did you mean 'planted_0'\?.*`procgen-tools agents`"),
        ("crops_and_humans/rand_region_5", r"no agent 'crops_and_humans/rand_region_5'"),
        ("trained_models/maze_I/model_x.pth", r"no checkpoint .*model_x\.pth"),
        ("", r"no agent '"),
    ],
)
def test_unknown_names(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError if name else ValueError, match=message if name else "."):
        find_agent(name)


def test_the_table_has_scores_of_the_very_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "trained_models"
    (folder / "maze_I").mkdir(parents=True)
    (folder / "scores").mkdir()
    path = folder / "maze_I" / "model_mine.pth"
    shutil.copy(SHIPPED, path)
    scores = {"sha256": digest(path), "results": {"success": [0.5, 0.25, 0.75]}}
    (folder / "scores" / "model_mine.json").write_text(json.dumps(scores))
    line = next(line for line in catalogue.table().splitlines() if line.startswith("mine "))
    assert line.split() == ["mine", "50.0%", "[25.0,", "75.0]", *"-----"]
    path.write_bytes(b"another")
    line = next(line for line in catalogue.table().splitlines() if line.startswith("mine "))
    assert line.split() == ["mine", *"------"]
    assert "cheese elsewhere" in catalogue.table()
    assert "cheese anywhere" not in catalogue.table()
    assert "98.0% [96.4, 98.9]" in catalogue.table()


@pytest.mark.parametrize("content", ["{", "{}", "[]", "\xff"])
def test_damaged_scores_concern_their_agent_alone(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "trained_models"
    (here / "mine").mkdir(parents=True)
    (here / "scores").mkdir()
    shutil.copy(find_agent("rand_region_5"), here / "mine" / "one.pth")
    (here / "scores" / "one.json").write_text(content, encoding="latin-1")
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=r"one\.json holds no scores"):
        found = {each.name: each for each in agents()}
    assert found["one"].results == {}
    assert found["rand_region_5"].results
