"""The picture of the README can be drawn again."""

from __future__ import annotations

import runpy
from pathlib import Path

import matplotlib.pyplot as plt

ROOT = Path(__file__).parents[2]


def test_the_picture_of_the_readme_can_be_drawn(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "crops_and_humans_picture.py"))
    script["draw"](tmp_path / "picture.png")
    drawn = plt.imread(tmp_path / "picture.png")
    assert drawn.shape == plt.imread(script["FIGURE"]).shape
    assert not plt.get_fignums()
