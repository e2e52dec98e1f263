"""Sweep files: which agents they describe, and what is said to mistakes before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procgen_tools.sweeps.files import read_sweep, sweep_from
from procgen_tools.sweeps.jobs import evaluation_plan
from procgen_tools.training.settings import ImitationSettings, PPOSettings

EXAMPLE = Path(__file__).parents[2] / "trained_models" / "family.toml"

TEXT = """
folder = "sweeps/regions"

[settings]
scale = 2

[settings.imitation]
samples = 1_800_000

[grid]
rand_region = [5, "anywhere"]
seed = [0, 1, 2]

[[agents]]
name = "then_ppo"
trainer = "ppo"
initial = "rand_region_5_seed_1"
steps = 1024
seed = 7

[evaluation]
levels = 20
conditions = ["anywhere"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "sweep.toml"
    path.write_text(text)
    return path


def mistake(**changes: Any) -> str:
    """The message to a sweep of one agent with these keys changed."""
    values = {"folder": "x", "grid": {"seed": [0]}, **changes}
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (callers hold the message)
        sweep_from(values)
    return str(caught.value)


def test_a_grid_gives_every_combination_under_its_values(tmp_path: Path) -> None:
    path = written(tmp_path, TEXT)
    sweep = read_sweep(path)
    grid, single = sweep.jobs[:-1], sweep.jobs[-1]
    assert [job.name for job in grid] == [
        f"rand_region_{region}_seed_{seed}" for region in (5, "anywhere") for seed in (0, 1, 2)
    ]
    assert [job.settings for job in grid] == [
        ImitationSettings(scale=2, samples=1_800_000, rand_region=region, seed=seed)
        for region in (5, None)
        for seed in (0, 1, 2)
    ]
    assert single.settings == PPOSettings(scale=2, steps=1024, seed=7)
    assert (single.after, single.initial) == (grid[1].name, grid[1].agent)
    assert single.agent == Path("sweeps/regions/agents/then_ppo.pth")
    assert single.evaluation == evaluation_plan({"levels": 20, "conditions": ["anywhere"]})
    assert single.evaluation["conditions"] == ["anywhere"]
    assert single.command == f"procgen-tools sweep {path.as_posix()}"
    files = [file for job in sweep.jobs for file in (job.agent, job.folder, job.evaluation_file)]
    assert len(set(files)) == len(files)


def test_names_outlast_new_values_of_an_axis() -> None:
    """A grid that grows keeps the agents that it has."""
    small = sweep_from({"folder": "x", "grid": {"seed": [0], "use_backgrounds": [True]}})
    large = sweep_from({"folder": "x", "grid": {"seed": [0, 1], "use_backgrounds": [True, False]}})
    assert [job.name for job in small.jobs] == ["seed_0_use_backgrounds_true"]
    assert small.jobs[0] in large.jobs
    assert len(large.jobs) == 4


def test_snapshots_are_said_of_agents_or_of_all() -> None:
    sweep = sweep_from(
        {
            "folder": "x",
            "settings": {"half_snapshots": True},
            "grid": {"seed": [0]},
            "agents": [{"name": "often", "snapshot_every": 100_000, "seed": 2}],
        }
    )
    assert [(job.snapshot_every, job.half_snapshots) for job in sweep.jobs] == [
        (0, True),
        (100_000, True),
    ]
    assert sweep.jobs[1].settings == ImitationSettings(seed=2)
    assert sweep.jobs[1].as_plain()["snapshot_every"] == 100_000
    one = {"name": "a"}
    assert "snapshot_every is -1: give" in mistake(agents=[{**one, "snapshot_every": -1}])
    assert "'snapshot_every' is True: give a TOML integer" in mistake(
        agents=[{**one, "snapshot_every": True}]
    )
    assert "'half_snapshots' is 1: give a TOML boolean" in mistake(
        agents=[{**one, "half_snapshots": 1}]
    )


def test_trainers_can_be_an_axis() -> None:
    sweep = sweep_from(
        {
            "folder": "x",
            "settings": {"scale": 4, "ppo": {"steps": 99}},
            "grid": {"trainer": ["imitation", "ppo"], "seed": [3]},
        }
    )
    assert {job.name: job.settings for job in sweep.jobs} == {
        "imitation_seed_3": ImitationSettings(scale=4, seed=3),
        "ppo_seed_3": PPOSettings(scale=4, seed=3, steps=99),
    }


def test_an_agent_can_begin_with_a_file(tmp_path: Path) -> None:
    weights = tmp_path / "weights.pth"
    agent = {"name": "a", "initial": str(weights)}
    values = {"folder": "x", "agents": [agent], "agent_folder": "elsewhere"}
    with pytest.raises(ValueError, match="neither an agent of this sweep nor a file"):
        sweep_from(values)
    weights.touch()
    (job,) = sweep_from(values).jobs
    assert (job.initial, job.after, job.evaluation) == (weights, None, None)
    assert job.agent == Path("elsewhere/a.pth")


def test_mistakes_name_the_file_the_value_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_sweep(tmp_path / "no.toml")
    with pytest.raises(ValueError, match=r"sweep\.toml cannot be read as TOML: .*line 1"):
        read_sweep(written(tmp_path, "folder = sweeps"))
    with pytest.raises(ValueError, match=r"sweep\.toml: there is no 'folder': give one"):
        read_sweep(written(tmp_path, "[grid]\nseed = [0]"))


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"gird": {}}, ("no 'gird'", "did you mean 'grid'?")),
        ({"grid": {}}, ("no agents",)),
        ({"grid": {"seed": []}}, ("axis 'seed' is []",)),
        ({"grid": {"seed": 3}}, ("axis 'seed' is 3", "[settings]")),
        ({"grid": {"seed": [1, 1]}}, ("2 agents are named 'seed_1'",)),
        ({"grid": {"sed": [1]}}, ("'sed_1'", "did you mean 'seed'?")),
        ({"grid": {"seed": ["one"]}}, ("'seed_one'", "seed is 'one'", "int")),
        ({"grid": {"seed": [True]}}, ("'seed_true'", "seed is True")),
        ({"grid": {"trainer": ["pppo"]}}, ("'pppo'", "did you mean 'ppo'?")),
        ({"grid": {"trainer": [["ppo"]]}}, ("named",)),
        ({"trainer": 3}, ("'trainer' is 3", "string")),
        ({"settings": {"samples": 0}}, ("samples is 0",)),
        ({"settings": {"epochs": 1}}, ("imitation has no setting 'epochs'",)),
        ({"settings": {"pqo": {"epochs": 1}}}, ("[settings.pqo]", "did you mean 'ppo'?")),
        ({"agents": {"name": "a"}}, ("'agents' is", "array")),
        ({"agents": [3]}, ("number 1 of [[agents]] is 3",)),
        ({"agents": [{"seed": 3}]}, ("number 1 of [[agents]] has no name",)),
        ({"agents": [{"name": "../a"}]}, ("'../a'", "letters")),
        ({"agents": [{"name": "seed_0"}]}, ("2 agents are named 'seed_0'",)),
        ({"agents": [{"name": "a", "initial": "sed_0"}]}, ("did you mean 'seed_0'?",)),
        ({"agents": [{"name": "a", "initial": "a"}]}, ("a <- a",)),
        (
            {"agents": [{"name": "a", "initial": "b"}, {"name": "b", "initial": "a"}]},
            ("a <- b <- a",),
        ),
        ({"evaluation": {"level": 3}}, ("evaluation has no 'level'", "'levels'")),
        ({"evaluation": {"levels": 3.5}}, ("levels is 3.5", "int")),
        ({"evaluation": {"rand_region": True}}, ("rand_region is True", "int or str")),
        ({"evaluation": {"backend": "none"}}, ("unknown backend 'none'",)),
        ({"evaluation": {"levels": 0}}, ("levels is 0",)),
        ({"evaluation": {"conditions": []}}, ("unknown condition ''",)),
        ({"evaluation": {"conditions": [3]}}, ("conditions is [3]",)),
        ({"evaluation": {"conditions": ["anywere"]}}, ("'anywere'", "did you mean 'anywhere'?")),
    ],
)
def test_mistakes_are_told(changes: dict[str, Any], parts: tuple[str, ...]) -> None:
    message = mistake(**changes)
    for part in parts:
        assert part in message


def test_the_example_is_right() -> None:
    sweep = read_sweep(EXAMPLE)
    assert len(sweep.jobs) == len({job.agent for job in sweep.jobs}) >= 5
