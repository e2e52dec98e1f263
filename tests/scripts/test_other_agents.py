"""Agents of others: the file is the one that is named, and results name a command that repeats."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from procgen_tools import studies
from procgen_tools.models import ImpalaPolicy, load_policy, save_policy
from procgen_tools.studies.base import Findings, Settings
from procgen_tools.studies.results import RESULTS, read_claims
from procgen_tools.worlds.maze.levels import LevelRule

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "other_agents.py"))


def test_only_the_public_agent_has_its_name(tmp_path: Path) -> None:
    mine = tmp_path / "mine.pth"
    save_policy(ImpalaPolicy(seed=1), mine)
    for given in (mine, None):
        with pytest.raises(ValueError, match="is not the public PPO agent of the maze: give its"):
            SCRIPT["agent_file"]("public_ppo", given, tmp_path)
    file = SCRIPT["agent_file"]("untrained", None, tmp_path)
    network = load_policy(file)
    assert (file.stem, network.scale) == ("untrained", 1)


def test_studies_are_of_easy_worlds_and_leave_their_claims(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert set(SCRIPT["STUDIES"]) <= set(studies.NAMES)
    assert set(SCRIPT["OWN_NULL"]) <= set(SCRIPT["STUDIES"])
    seen: list[Settings] = []
    doers: list[int] = []

    def run(settings: Settings, **given: list[ImpalaPolicy]) -> Findings:
        seen.append(settings)
        doers.append(len(given.get("doers", ())))
        return Findings("probing", settings.scope(6000), "some", ("mine",), (), {})

    monkeypatch.setattr(studies, "load", {"probing": SimpleNamespace(run=run)}.__getitem__)
    monkeypatch.setitem(SCRIPT["STUDIES"], "probing", 50)
    path = SCRIPT["measure"]("public_ppo", [Path("there/mine.pth")], "probing", tmp_path)
    assert path == tmp_path / "public_ppo" / "probing" / RESULTS
    assert [(each.world_size, each.mazes) for each in seen] == [(15, 50)]
    command = "procgen-tools experiment probing --agents mine.pth --mazes 50 --world-size 15"
    assert json.loads(path.read_text())["command"] == command
    files = [Path("there/model_one.pth"), Path("there/model_two.pth")]
    path = SCRIPT["measure"]("easy_imitators", files, "probing", tmp_path)
    assert path == tmp_path / "easy_imitators" / "probing" / RESULTS
    assert seen[-1].agents == tuple(files)
    command = "procgen-tools experiment probing --agents mine --mazes 50 --world-size 15"
    assert json.loads(path.read_text())["command"] == command
    assert {each.max_maze_size for each in seen} == {None}
    path = SCRIPT["measure"]("untrained_hard", files, "probing", tmp_path)
    assert seen[-1].rule == LevelRule()
    assert doers == [0, 0, 2], "probes of untrained networks predict what two trained agents do"
    command = "python scripts/other_agents.py untrained_hard probing"
    assert json.loads(path.read_text())["command"] == command
    command = "procgen-tools experiment probing --agents mine --mazes 50 --world-size 15"
    for group in ("small_agents", "small_untrained"):
        path = SCRIPT["measure"](group, [Path("mine")], "probing", tmp_path)
        assert seen[-1].rule == LevelRule(15, max_maze_size=7)
        assert json.loads(path.read_text())["command"] == command + " --max-maze-size 7"


def test_a_study_that_is_impossible_is_named_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(settings: Settings) -> Findings:
        return Findings("probing", settings.scope(6000), "some", ("mine",), (), {})

    def refuse(_: Settings) -> Findings:
        raise ValueError("all outcomes are 1")

    known = {"probing": SimpleNamespace(run=run), "ablations": SimpleNamespace(run=refuse)}
    monkeypatch.setattr(studies, "load", known.__getitem__)
    files = [Path("mine.pth")]
    chosen = ["ablations", "probing"]
    impossible = SCRIPT["measure_all"]("small_agents", files, chosen, tmp_path)
    assert impossible == ["ablations"]
    assert "ablations cannot be measured: all outcomes are 1\n" in capsys.readouterr().out
    assert [path.parts[-2] for path in tmp_path.glob(f"*/*/{RESULTS}")] == ["probing"]


def test_every_group_has_the_studies_that_its_mazes_and_nulls_allow() -> None:
    every, own_null, no_room = (set(SCRIPT[name]) for name in ("STUDIES", "OWN_NULL", "NO_ROOM"))
    assert no_room <= every
    for group, studied in {
        "public_ppo": every,
        "easy_imitators": every,
        "untrained": every - own_null,
        "small_agents": every - no_room,
        "small_untrained": every - own_null - no_room,
        "untrained_hard": every - own_null,
    }.items():
        assert set(SCRIPT["studies_of"](group)) == studied


def test_untrained_networks_of_hard_worlds_differ(tmp_path: Path) -> None:
    files = SCRIPT["untrained_files"](tmp_path)
    assert [file.stem for file in files] == [f"untrained_{seed}" for seed in (1000, 1001, 1002)]
    weights = [load_policy(file).fc_policy.weight for file in files]
    assert not any((weights[0] == other).all() for other in weights[1:])


def test_all_agents_of_small_mazes_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    names = SCRIPT["SMALL_AGENTS"]
    assert len(names) == len(set(names)) == 6
    known = [
        SimpleNamespace(name=name, world="maze_I", path=Path(f"{name}.pth"))
        for name in reversed(names)
    ]
    globals_of = SCRIPT["small_agents"].__globals__
    monkeypatch.setitem(globals_of, "agents", lambda: known)
    assert SCRIPT["small_agents"]() == tuple(Path(f"{name}.pth") for name in names)
    monkeypatch.setitem(globals_of, "agents", lambda: known[1:])
    with pytest.raises(FileNotFoundError, match=rf"no {names[-1]}: .*then python scripts/equal"):
        SCRIPT["small_agents"]()
    monkeypatch.setitem(globals_of, "agents", lambda: known[:-1])
    with pytest.raises(FileNotFoundError, match=rf"no {names[0]}: train .*family.toml$"):
        SCRIPT["small_agents"]()


def test_imitators_of_easy_worlds_are_those_that_are_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, _, third, _ = SCRIPT["EASY_AGENTS"]
    known = [
        SimpleNamespace(name=name, world="maze_I", path=Path(f"{name}.pth"))
        for name in (third, "rand_region_5", first)
    ]
    globals_of = SCRIPT["easy_imitators"].__globals__
    monkeypatch.setitem(globals_of, "agents", lambda: known)
    assert SCRIPT["easy_imitators"]() == (Path(f"{first}.pth"), Path(f"{third}.pth"))
    monkeypatch.setitem(globals_of, "agents", lambda: known[1:2])
    with pytest.raises(FileNotFoundError, match=f"there is no {first}: train it with"):
        SCRIPT["easy_imitators"]()


KEPT = sorted(SCRIPT["OTHERS"].glob(f"*/*/{RESULTS}"))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_kept_results_are_of_the_agents_and_worlds_of_their_group(path: Path) -> None:
    content, claims = read_claims(path)
    agent, study = path.parts[-3:-1]
    assert content["experiment"] == study
    measured = {name.removeprefix("model_") for name in content["agents"]}
    if agent == SCRIPT["EASY"]:
        assert measured <= set(SCRIPT["EASY_AGENTS"])
    elif agent == SCRIPT["SMALL"]:
        assert measured == set(SCRIPT["SMALL_AGENTS"])
    elif agent == SCRIPT["UNTRAINED_HARD"]:
        assert measured == {f"untrained_{seed}" for seed in SCRIPT["HARD_SEEDS"]}
    else:
        assert measured == {agent}
    assert ("easy worlds" in content["run"]) == (agent != SCRIPT["UNTRAINED_HARD"])
    assert ("mazes up to 7 x 7" in content["run"]) == agent.startswith("small")
    assert claims
