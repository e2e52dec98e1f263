"""The script that runs procgen-tools' files reports the outcome of each correctly."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "run_clients.py"))
WRITES = "the published fields and patches are not downloaded"
CHANNELS = "the layer has 32 channels in this policy"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"ended": True, "warnings": [CHANNELS]}, "ran"),
        ({"timeout": 9.0}, "was stopped"),
        ({"kind": "ValueError", "ours": True}, "was told"),
        ({"kind": "FileNotFoundError", "ours": False, "warnings": [WRITES]}, "was warned"),
        ({"kind": "IndexError", "ours": False, "warnings": [CHANNELS]}, "was warned"),
        ({"kind": "IndexError", "ours": False, "warnings": [WRITES]}, "died"),
        (
            {"kind": "ValueError", "text": "index 90 is out of bounds", "warnings": [CHANNELS]},
            "was warned",
        ),
        ({"kind": "NameError", "ours": False, "warnings": [CHANNELS]}, "died"),
        ({"kind": "FileNotFoundError", "ours": False, "warnings": []}, "lacks data"),
        ({"kind": "ValueError", "text": "max() arg is an empty sequence"}, "lacks data"),
        ({"kind": "TraitError", "text": "setting max < min"}, "lacks data"),
        ({"kind": "ValueError", "text": "another"}, "died"),
        ({"kind": "ModuleNotFoundError", "ours": False}, "lacks a package"),
        ({"kind": "KeyError"}, "died"),
    ],
)
def test_a_warning_counts_only_where_it_is_about_the_error(
    found: dict[str, Any], expected: str
) -> None:
    assert SCRIPT["outcome"](found) == expected


def test_errors_count_as_ours_only_where_this_package_raises_them(tmp_path: Path) -> None:
    """A small checkout with a deliberate error of this package, an unexpected error in our code,
    and an error of the file itself."""
    for name in SCRIPT["FOLDERS"]:
        (tmp_path / name).mkdir()
    told = "from procgen_tools.names import did_you_mean\n"
    files = {
        "told": "from procgen_tools.compat.resolve import find\nfind('models', 'ResidualAdd')",
        "within": f"{told}did_you_mean(1, 2)",
        "widget": "from ipywidgets import interact\ninteract({}.pop, k=(0, 3))",
        "own": "%matplotlib inline\n{}['missing']",
    }
    for name, code in files.items():
        (tmp_path / "playground" / f"{name}.py").write_text(code)
    folder = SCRIPT["prepare"](tmp_path / "scratch", tmp_path)
    outcomes = {
        name: SCRIPT["run"](tmp_path / "playground" / f"{name}.py", tmp_path, folder, 20)
        for name in files
    }
    assert {name: found["outcome"] for name, found in outcomes.items()} == {
        "told": "was told",
        "within": "died",
        "widget": "died",
        "own": "died",
    }
    assert outcomes["own"]["kind"] == "KeyError"


def test_what_gatherers_wrote_is_put_where_others_look(tmp_path: Path) -> None:
    folder = tmp_path / "procgen-tools"
    for name in ("20260101T000000", "action_probing"):
        (tmp_path / "episode_data" / name).mkdir(parents=True)
    (tmp_path / "episode_data/20260101T000000/0.dat").write_bytes(b"rollout")
    statistics = folder / "experiments/statistics/data/model_rand_region_5"
    statistics.mkdir(parents=True)
    (statistics / "seed1.pkl").write_bytes(b"episode")
    for _ in range(2):  # the second time, everything is there
        SCRIPT["link"](folder)
    assert (folder / SCRIPT["ROLLOUTS"] / "0.dat").read_bytes() == b"rollout"
    assert (statistics.parent / "model_rand_region_7/seed1.pkl").read_bytes() == b"episode"
    assert (statistics.parent / "rand_region_5-seed1.pkl").read_bytes() == b"episode"


def test_only_sizes_and_the_place_of_snapshots_are_edited() -> None:
    code = "%matplotlib inline\nnum_obs_dec = 5000\nnum_batches = 5000\nchannel = 55\n"
    code += f"glob('{SCRIPT['SNAPSHOTS']}/*.pth')"
    expected = "pass\nnum_obs_dec = 300\nnum_batches = 5000\nchannel = 55\nglob('snapshots/*.pth')"
    assert SCRIPT["edited"](code) == expected
