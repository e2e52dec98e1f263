"""Mazes to try in a notebook: what is shown and stored, and what is refused."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from procgen_tools import crops_and_humans
from procgen_tools.models import QNetwork
from procgen_tools.studies.crops_and_humans import course
from procgen_tools.studies.crops_and_humans.course import live
from procgen_tools.web.scenes import level_of
from tests.checking import without_type_checks
from tests.page.test_crops_page import SPOILERS


def config_of(document: str) -> dict[str, Any]:
    found = re.search(r'<script id="config" type="application/json">(.*?)</script>', document, re.S)
    assert found
    config: dict[str, Any] = json.loads(found[1])
    return config


def test_the_frame_holds_the_whole_page_and_fetches_nothing() -> None:
    page = course.try_mazes(QNetwork(width=8))
    shown = page._repr_html_()
    (srcdoc,) = re.findall(r'<iframe [^>]*srcdoc="([^"]*)"></iframe></div>$', shown)
    assert html.unescape(srcdoc) == page.document
    assert not re.search(r'(src|href)="(?!data:)', page.document)
    assert config_of(page.document)["files"] == []
    assert page.picture.startswith(b"\x89PNG")
    assert repr(page).startswith("LivePage(0.")


def test_a_reader_chooses_among_the_given_agents_and_mazes() -> None:
    mine, other = QNetwork(width=8, seed=1), QNetwork(width=6, seed=2)
    training = crops_and_humans.training_mazes()
    page = course.try_mazes(
        {"mine": mine, "</script> {{script}}": other},
        {"all": training, "two": training[[7, 3]], "none": training[:0]},
        seed=4,
    )
    config = config_of(page.document)
    assert [each["label"] for each in config["agents"]] == ["mine", "</script> {{script}}"]
    assert [each["sizes"] for each in config["agents"]] == [[161, 8, 8, 8, 4], [161, 6, 6, 6, 4]]
    found = {
        each["label"]: np.stack([level_of(scene).cells for scene in each["scenes"]])
        for each in config["mazes"]
    }
    assert {name: len(mazes) for name, mazes in found.items()} == {"all": live.MAZES, "two": 2}
    np.testing.assert_array_equal(found["two"], training[[7, 3]])
    assert len(np.unique(found["all"], axis=0)) == live.MAZES
    again = course.try_mazes({"mine": mine}, training, seed=4)
    assert config_of(again.document)["mazes"][0]["scenes"] == config["mazes"][0]["scenes"]
    assert config_of(course.try_mazes(mine, seed=5).document)["mazes"] != config["mazes"]


def test_the_agents_of_the_course_are_shown_without_their_names() -> None:
    page = course.try_mazes()
    assert len(page._repr_html_()) < 1_300_000
    scripts = r"data:image/[^\"]*|shiftKey|\.shift\(\)|procgenParts.*"
    assert re.findall(SPOILERS, re.sub(scripts, "", page.document), re.IGNORECASE) == []


def broken(change: str) -> QNetwork:
    network = QNetwork(width=8)
    if change == "inputs":
        network.fc1 = nn.Linear(160, 8)
    elif change == "outputs":
        network.fc_q = nn.Linear(8, 5)
    elif change == "layer":
        network.extra = nn.Linear(8, 8)
    else:
        nn.init.constant_(network.fc2.weight, torch.nan)
    return network


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "inputs",
            r"your agent: fc1.weight has shape \(8, 160\), and .* \(8, 161\): give a network",
        ),
        ("outputs", r"your agent: fc_q.bias has shape \(5,\), and .* \(4,\): .* 4 outputs"),
        ("layer", r"your agent: extra.bias has shape \(8,\), and .* it has None"),
        ("diverged", "your agent: the parameters fc2.weight are not all finite .*: look at the"),
    ],
)
def test_a_network_that_cannot_run_is_named(change: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        course.try_mazes(broken(change))


def test_other_mistakes_are_named() -> None:
    training = crops_and_humans.training_mazes()
    with without_type_checks():
        with pytest.raises(TypeError, match="your agent is of type Sequential: give a QNetwork"):
            course.try_mazes(nn.Sequential(nn.Linear(161, 4)))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"'given' have shape \(7, 7\): .* needs \[None\]"):
            course.try_mazes(QNetwork(width=8), training[0])
    with pytest.raises(ValueError, match=r"0 networks .*: give at least one network"):
        course.try_mazes({})
    with pytest.raises(ValueError, match=r"sets of \[\] mazes: .* at least one maze"):
        course.try_mazes(QNetwork(width=8), training[:0])
    with pytest.raises(ValueError, match="use -1 exit, 0 wall"):
        course.try_mazes(QNetwork(width=8), training[:1] * 2)
    with pytest.raises(ValueError, match="seed is -1"):
        course.try_mazes(QNetwork(width=8), seed=-1)
