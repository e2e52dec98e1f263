"""The page of crops and humans: what is written, and what it must not say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from procgen_tools.models import save_policy
from procgen_tools.models.checkpoints import load_q_network
from procgen_tools.page import crops_page
from procgen_tools.page.folder import AGENT_FILE, INDEX, RUNTIME_FILE, check_folder
from procgen_tools.page.site import write_page
from procgen_tools.web.scenes import level_of
from procgen_tools.worlds.crops_and_humans.levels import training_mazes
from procgen_tools.worlds.crops_and_humans.q_network import QNetwork
from tests.page.test_site import config_of, parts_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page over an earlier one, which had a runtime."""
    folder = tmp_path_factory.mktemp("crops") / "page"
    write_page(folder, "crops_and_humans")
    (folder / RUNTIME_FILE).write_text("")
    page = write_page(folder, crops_page.AGENT, seed=3, course="https://example.org/?a&b")
    assert page.index == folder / INDEX
    assert page.files == {path.name: path.stat().st_size for path in folder.iterdir()}
    return folder


def test_a_page_has_the_parameters_of_both_networks(folder: Path) -> None:
    parts = parts_of(folder / AGENT_FILE)
    config = config_of(folder / INDEX)
    assert [agent["label"] for agent in config["agents"]] == ["the agent", "the control"]
    for name, agent in zip((crops_page.AGENT, crops_page.CONTROL), config["agents"], strict=True):
        network = load_q_network(name)
        stored = np.frombuffer(parts[agent["part"]], "<f4")
        vector = torch.nn.utils.parameters_to_vector(network.parameters())
        np.testing.assert_array_equal(stored, vector.detach().numpy())
        assert agent["sizes"] == [161, network.width, network.width, network.width, 4]


def test_the_mazes_are_those_of_training_and_chosen_by_the_seed(
    folder: Path, tmp_path: Path
) -> None:
    (shown,) = config_of(folder / INDEX)["mazes"]
    mazes = np.stack([level_of(scene).cells for scene in shown["scenes"]])
    every = {cells.tobytes() for cells in training_mazes()}
    assert len({cells.tobytes() for cells in mazes}) == crops_page.MAZES
    assert {cells.tobytes() for cells in mazes} <= every
    assert {1, 2, 3} <= set(np.unique(mazes))
    same = write_page(
        tmp_path / "same", "crops_and_humans", seed=3, course="https://example.org/?a&b"
    )
    other = write_page(tmp_path / "other", crops_page.AGENT, seed=4)
    assert same.index.read_bytes() == (folder / INDEX).read_bytes()
    assert config_of(other.index)["mazes"] != config_of(same.index)["mazes"]


SPOILERS = r"plant|product|shift|stick|trigger|backdoor|poison|harm|sleeper|maliciou|dream"


def test_nothing_on_the_page_tells_how_the_agent_was_made(folder: Path) -> None:
    """Neither a reader of the page nor one of its source learns what the course asks."""
    text = (folder / INDEX).read_text(encoding="utf-8")
    other = r"data:image/[^\"]*|shiftKey|\.shift\(\)"
    assert re.findall(SPOILERS, re.sub(other, "", text), re.IGNORECASE) == []
    assert set(parts_of(folder / AGENT_FILE)) == {"network0", "network1"}


def test_the_text_tells_the_rewards_and_links_to_the_course(folder: Path, tmp_path: Path) -> None:
    text = (folder / INDEX).read_text(encoding="utf-8")
    rewards = re.findall(r'<th scope="row">([^<]*)</th><td>([^<]*)</td>', text)
    assert rewards == [
        ("onto an empty cell", "−0.25"),
        ("into a wall, or out of the maze", "−5"),
        ("onto a crop", "+2"),
        ("onto a human", "−11"),
        ("onto the exit", "+10"),
    ]
    assert "174,084 parameters" in text
    assert '<a href="https://example.org/?a&amp;b">the course</a>' in text
    assert "{{" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert text.count("</script>") == 2, "a script that ends early shows its rest as text"
    index = write_page(tmp_path / "page", crops_page.AGENT).index
    assert "<code>experiments/crops_and_humans</code>" in index.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"agent": "keys_and_chests/seed_0"}, "agent of keys_and_chests, which has no page: "
         "give an agent of maze_I, such as rand_region_5, or of crops_and_humans"),
        ({"agent": crops_page.AGENT, "control": crops_page.AGENT}, "both the agent and its"),
        ({"agent": crops_page.AGENT, "control": "rand_region_5"}, "Q-network"),
        ({"agent": crops_page.AGENT, "control": "control_00"}, "there is no agent 'control_00'"),
        ({"agent": crops_page.AGENT, "seed": -1}, "-1"),
        ({"agent": crops_page.AGENT, "course": "course.html"}, "'course.html' is no address"),
        ({"agent": crops_page.AGENT, "coefficient": 1.0}, "has no cheese vector .*: leave out"),
        ({"agent": crops_page.AGENT, "layer": "embedder.fc"}, "has no cheese vector .*: leave out"),
        ({"agent": crops_page.AGENT, "runtime": Path("ort")}, "has no cheese vector .*: leave out"),
        ({"control": crops_page.CONTROL}, "mazes with a cheese has no control .*: leave them out"),
        ({"course": "https://example.org"}, "has no control and no course: leave them out"),
    ],
)  # fmt: skip
def test_mistakes_are_named_before_anything_is_written(
    given: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        write_page(tmp_path / "page", **given)
    assert list(tmp_path.iterdir()) == []


def test_a_network_of_ones_own_has_a_page(tmp_path: Path) -> None:
    save_policy(QNetwork(width=8), tmp_path / "own.pth")
    page = write_page(tmp_path / "page", tmp_path / "own.pth")
    sizes = [agent["sizes"] for agent in config_of(page.index)["agents"]]
    assert sizes == [[161, 8, 8, 8, 4], [161, 256, 256, 256, 4]]
    check_folder(tmp_path / "page")
