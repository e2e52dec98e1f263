"""The list of procgen-tools' names: each works or says what to call, and all replacements exist."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from procgen_tools.compat.names import NAMES, Name
from procgen_tools.compat.page import BEGIN, END, filled
from procgen_tools.compat.resolve import Missing, NotHere, find, load
from procgen_tools.compat.star_names import PARENTS, STAR_NAMES

ALL = [(module, name, entry) for module, names in NAMES.items() for name, entry in names.items()]
SESSION = {"policy", "hook", "labels", "NUM_CHANNEL_DICT"}
"""What loads a policy, tested with the session."""


def exists(target: str) -> bool:
    module, _, path = target.partition(":")
    found: Any = importlib.import_module(f"procgen_tools.{module}")
    for part in path.split(".") if path else []:
        if part in getattr(found, "__annotations__", {}):
            return True  # an attribute of instances
        found = getattr(found, part, None)
    return found is not None


@pytest.mark.parametrize(("module", "name", "entry"), ALL, ids=lambda each: str(each)[:40])
def test_every_name_works_or_says_what_to_call(module: str, name: str, entry: Name) -> None:
    assert exists(entry.ours), f"{entry.ours} is named as ours and does not exist"
    if entry.target is None:
        with pytest.raises(NotHere, match=f"has no {name}: call procgen_tools") as error:
            find(module, name)
        assert entry.call in str(error.value)
    elif name not in SESSION:
        assert find(module, name) is load(entry.target)


def test_faces_find_their_names() -> None:
    for module in NAMES:
        face = importlib.import_module(f"procgen_tools.{module}")
        for name, entry in NAMES[module].items():
            if entry.target is not None and name not in SESSION:
                assert getattr(face, name) is not None, f"{module}.{name}"


def test_gone_names_keep_their_message_when_imported() -> None:
    with pytest.raises(ImportError, match=r"call procgen_tools\.models\.ImpalaPolicy"):
        from procgen_tools.models import CategoricalPolicy  # noqa: F401
    with pytest.raises(ImportError, match=r"call procgen_tools\.vfield_stats\.plot_dprobs_hist"):
        importlib.import_module("procgen_tools.vfield_stats").histogram_plotly  # noqa: B018


def test_unknown_names_suggest_close_ones() -> None:
    with pytest.raises(AttributeError, match="did you mean 'visualize_venv'"):
        importlib.import_module("procgen_tools.visualization").visualise_venv  # noqa: B018
    from procgen_tools import maze

    assert not hasattr(maze, "no_such_name")


def test_a_name_that_another_module_has_says_which() -> None:
    with pytest.raises(AttributeError, match=r"call procgen_tools\.maze\.create_venv"):
        importlib.import_module("procgen_tools.patch_utils").create_venv  # noqa: B018


def test_an_older_name_of_a_module() -> None:
    from procgen_tools import data_utils, episodes

    assert episodes.load_episode is data_utils.load_episode


def test_older_modules_pass_on_what_theirs_did() -> None:
    vfield = importlib.import_module("procgen_tools.vfield")
    visualization = importlib.import_module("procgen_tools.visualization")
    assert vfield.get_vf_diff is visualization.get_vf_diff
    assert importlib.import_module("procgen_tools.patch_utils").np.zeros(1) == 0
    assert set(PARENTS) <= set(NAMES)
    assert set(STAR_NAMES) <= set(NAMES)


def test_a_package_that_is_missing_says_so_when_used() -> None:
    absent = Missing("px", "plotly")
    with pytest.raises(ModuleNotFoundError, match="pip install plotly"):
        absent.imshow([[1]])
    with pytest.raises(ModuleNotFoundError, match="pip install plotly"):
        absent()


def test_importing_the_faces_loads_nothing() -> None:
    faces = [name for name in NAMES if name not in ("vfield", "models", "maze")]
    code = (
        f"import sys; {'; '.join(f'import procgen_tools.{name}' for name in faces)};"
        "print(sorted({'torch', 'numpy', 'matplotlib', 'circrl', 'ipywidgets'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_the_page_has_the_tables_of_the_list() -> None:
    page = (Path(__file__).parents[2] / "docs" / "from-procgen-tools.md").read_text()
    assert page == filled(page), (
        "run python -m procgen_tools.compat.page docs/from-procgen-tools.md"
    )
    with pytest.raises(ValueError, match="once each"):
        filled(page.replace(BEGIN, "").replace(END, ""))
