"""Notebooks are run and kept: whole or not at all, their pictures smaller, in the same colours."""

from __future__ import annotations

import base64
import runpy
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from procgen_tools.plots.style import SINGLE_MOVES, SQUARES, look_colours

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "run_notebooks.py"))


def encoded(pixels: np.ndarray) -> str:
    written = BytesIO()
    Image.fromarray(pixels).save(written, format="PNG")
    return base64.b64encode(written.getvalue()).decode()


def decoded(picture: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(base64.b64decode(picture))).convert("RGB"))


def drawn() -> np.ndarray:
    """A figure with a texture, a colour bar, and a legend of small marks."""
    rng = np.random.default_rng(0)
    stone = np.array([190, 170, 150]) + 25 * rng.normal(size=(80, 80, 1))
    texture = np.clip(stone + rng.normal(size=(80, 80, 3)), 0, 255)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 4.2), layout="constrained")
    left.imshow(texture.astype(np.uint8), interpolation="bilinear")
    figure.colorbar(right.imshow(rng.random((4, 4)), cmap="viridis"))
    for name, look in SQUARES.items():
        left.plot([], [], look.marker, color=look.colour, label=name)
    left.plot([], [], color=SINGLE_MOVES, label="single moves")
    figure.legend(loc="outside lower center", ncols=3)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
    plt.close(figure)
    return pixels


def test_colours_of_legends_are_kept_and_no_other_moves_far(script: dict[str, Any]) -> None:
    before = drawn()
    picture = encoded(before)
    lighter = script["lighter"](picture)
    assert len(lighter) < 0.7 * len(picture)
    after = decoded(lighter)
    moved = np.abs(after.astype(int) - before).max(axis=2)
    assert 0 < moved.max() <= script["FARTHEST"]
    found = 0
    for colour in look_colours():
        here = (before == np.rint(255 * np.array(to_rgb(colour)))).all(axis=2)
        assert not moved[here].any(), colour
        found += here.any()
    assert found >= len(SQUARES) + 1


def test_few_colours_are_kept_to_the_pixel(script: dict[str, Any]) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
    before = colours[np.random.default_rng(1).integers(0, 256, (400, 400))]
    lighter = script["lighter"](encoded(before))
    assert np.array_equal(decoded(lighter), before)
    assert len(lighter) < len(encoded(before))


def test_too_many_colours_for_a_palette_stay(script: dict[str, Any]) -> None:
    before = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert np.array_equal(decoded(script["lighter"](encoded(before))), before)


def test_a_notebook_that_fails_stays_and_leaves_no_copy(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: Path, made: Path, **options: Any) -> None:
        made.write_text("half a notebook")
        raise RuntimeError("its third cell failed")

    monkeypatch.setattr("papermill.execute_notebook", fail)
    notebook = tmp_path / "some.ipynb"
    notebook.write_text("{}")
    with pytest.raises(RuntimeError, match="third cell"):
        script["run"](notebook)
    assert notebook.read_text() == "{}"
    assert list(tmp_path.iterdir()) == [notebook]


def test_of_a_page_in_a_frame_the_picture_is_kept(
    script: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = encoded(np.zeros((20, 20, 3), np.uint8))
    shown = {
        "a page": {
            "text/html": "<div><iframe srcdoc='a page'></iframe></div>",
            "image/png": picture,
        },
        "a table": {"text/html": "<table></table>", "text/plain": "a table"},
    }

    def execute(source: Path, made: Path, **options: Any) -> None:
        cells = [
            new_code_cell("", outputs=[new_output("display_data", data)]) for data in shown.values()
        ]
        kernel = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), made)

    monkeypatch.setattr("papermill.execute_notebook", execute)
    script["run"](tmp_path / "some.ipynb")
    saved = nbformat.read(tmp_path / "some.ipynb", as_version=4)
    assert [set(cell.outputs[0].data) for cell in saved.cells] == [
        {"image/png"},
        {"text/html", "text/plain"},
    ]
